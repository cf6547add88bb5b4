#pragma once

#include "mapping/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pons::upstream::dicomweb {

/// Takes a multipart body apart as it comes (RFC 2046 §5.1.1), without copying what the parts hold.
///
/// Lines may end with CRLF or LF. What stands before the first delimiter and after the closing one is passed over. A
/// delimiter that something follows on its line is none. Whether a part is as long as its Content-Length says is for
/// the one who reads it to judge: the delimiter alone ends it.
class multipart_reader {
public:
    enum class kind {
        more,      ///< all input was taken; there is nothing until more comes
        part,      ///< a part begins: `header` tells of it
        bytes,     ///< some of what it holds: `bytes`
        part_end,  ///< its delimiter was seen: it is whole
        end,       ///< the closing delimiter was seen: so is the body
    };
    struct event {
        kind what = kind::more;
        std::string_view bytes;
    };

    /// `boundary` without the hyphens, at most 200 characters.
    explicit multipart_reader(std::string_view boundary);

    /// Takes from the front of `input`, which is to be offered again with what follows it, and says what it saw. Views
    /// point into `input` or into the reader, and are valid until the next call. After `end` everything is passed over.
    ///
    /// Errors: errc::malformed (no delimiter in the first `max_preamble` bytes), errc::too_large (the header of a part
    /// has more than `max_header`).
    result<event> next(std::string_view& input);

    /// The value of a field of the part's header, name without case; empty when there is none. Valid in the part.
    std::string_view header(std::string_view name) const;

    /// Whether the closing delimiter was seen.
    bool ended() const { return state_ == state::epilogue; }

    static constexpr std::size_t max_preamble = 64 * 1024;
    static constexpr std::size_t max_header = 16 * 1024;

private:
    enum class state { preamble, header, body, epilogue };
    struct delimiter {
        std::size_t begin = 0;  ///< what comes before is no part of it
        std::size_t end = 0;    ///< 0: cannot be told without more
        bool found = false;
        bool closes = false;
    };

    delimiter find(std::string_view in) const;
    delimiter judge(std::string_view in, std::size_t line_end) const;
    event after(delimiter const& d, std::string_view before);
    event scan(std::string_view& input);
    result<event> read_header(std::string_view& input);

    std::string const core_;  // LF, two hyphens, boundary
    state state_ = state::preamble;
    std::size_t passed_ = 0;    // of the preamble
    std::string held_;          // what may be the beginning of a delimiter, or of a header
    bool line_assumed_ = true;  // its first character is a line end that nobody sent
    std::string joint_;
    std::string header_;
    bool delimiter_pending_ = false;  // seen, and to be told after the bytes before it
    bool closing_ = false;
};

}  // namespace pons::upstream::dicomweb
