#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace pons::proxy::http {

/// Compresses whole bodies (RFC 1952) at zlib's level 1, which here costs a third of level 6 for a fifth more bytes.
/// Keeps zlib's 256 KiB between calls; one per worker, not for several threads.
class gzip_encoder {
public:
    gzip_encoder();
    ~gzip_encoder();
    gzip_encoder(gzip_encoder const&) = delete;
    gzip_encoder& operator=(gzip_encoder const&) = delete;

    /// Throws std::bad_alloc when there is no memory, nothing else.
    std::string encode(std::string_view body);

private:
    struct stream;
    std::unique_ptr<stream> stream_;  // made when first needed
};

}  // namespace pons::proxy::http
