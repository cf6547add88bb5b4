#include "proxy/http/gzip.hpp"

#include <limits>
#include <new>
#include <stdexcept>

#include <zlib.h>

namespace pons::proxy::http {

struct gzip_encoder::stream {
    z_stream z{};

    stream()
    {
        // 15 bits of window, and 16 for gzip's own header and trailer.
        if (deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::bad_alloc();
    }
    ~stream() { deflateEnd(&z); }
    stream(stream const&) = delete;
    stream& operator=(stream const&) = delete;
};

gzip_encoder::gzip_encoder() = default;
gzip_encoder::~gzip_encoder() = default;

std::string gzip_encoder::encode(std::string_view body)
{
    if (body.size() > std::numeric_limits<uInt>::max() / 2)
        throw std::length_error("a body beyond 2 GiB is not compressed in one piece");
    if (!stream_)
        stream_ = std::make_unique<stream>();
    auto& z = stream_->z;
    deflateReset(&z);
    std::string out(deflateBound(&z, static_cast<uLong>(body.size())), '\0');
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
    z.avail_in = static_cast<uInt>(body.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        throw std::logic_error("deflateBound was too small");
    out.resize(z.total_out);
    return out;
}

}  // namespace pons::proxy::http
