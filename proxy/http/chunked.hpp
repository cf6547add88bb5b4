#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pons::proxy::http {

/// Takes a body out of its chunks (RFC 9112 §7.1), strictly: line ends are CR LF, sizes have at most 16 digits,
/// extensions are passed over, trailer fields too, since nothing that they could say is wanted that late. How the bytes
/// were cut makes no difference, which Beast 1.81's own decoder does not keep to (it asserts when the last chunk comes
/// in pieces, and looks for the end of an extension beyond its line).
class chunked_decoder {
public:
    enum class state { more, done, malformed, too_large };

    /// Takes what it can off the front of `data`, appends what it carries to `body`, and returns how much it took; the
    /// rest must come again, with more behind it. `too_large` as soon as a chunk would make `body` longer than `limit`.
    std::size_t put(std::string_view data, std::string& body, std::uint64_t limit);

    state at() const { return state_; }

private:
    enum class expecting { size, data, data_end, trailer };

    bool take_line(std::string_view& data, std::string_view& line);
    void begin_chunk(std::string_view line, std::uint64_t room);

    state state_ = state::more;
    expecting expecting_ = expecting::size;
    std::uint64_t left_ = 0;    // of the chunk
    std::size_t trailers_ = 0;  // bytes of them so far
};

}  // namespace pons::proxy::http
