#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace pons::upstream::dicomweb {

/// Content-Encoding: gzip (RFC 1952), undone as it comes, never beyond a limit.
class inflater {
public:
    enum class outcome { more, too_large, broken };

    explicit inflater(std::uint64_t limit);
    ~inflater();

    /// Appends what `compressed` holds to `plain`. Nothing may be fed after an outcome other than `more`.
    outcome feed(std::string_view compressed, std::string& plain);
    /// Whether the last member ended: the body is whole.
    bool complete() const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
    std::uint64_t const limit_;
};

}  // namespace pons::upstream::dicomweb
