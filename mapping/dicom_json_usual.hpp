#pragma once

#include "mapping/json_cursor.hpp"
#include "mapping/short_copy.hpp"

#include <cstdint>
#include <cstring>
#include <string_view>

/// The form of an attribute that nearly all archives write, known by its characters instead of token by token.
namespace pons::mapping::usual_form {

/// Whether an attribute begins `"00080060":{"vr":"CS","Value":[…`, with any tag and VR. `key` has 64 readable bytes.
inline bool is_usual(char const* key)
{
    using halves = std::uint64_t __attribute__((vector_size(16)));
    auto const letter = [](char c) { return c >= 'A' && c <= 'Z'; };
    // What stands behind the digits, in two words that overlap; whatever the VR is.
    constexpr characters begin{'"', ':', '{', '"', 'v', 'r', '"', ':', '"', 0, 0, '"', ',', '"', 'V', 'a'};
    constexpr characters of_begin{255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 255, 255, 255, 255, 255};
    constexpr characters end{'"', ':', '"', 0, 0, '"', ',', '"', 'V', 'a', 'l', 'u', 'e', '"', ':', '['};
    constexpr characters of_end{255, 255, 255, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    auto const other = (halves)(((short_copy::load<characters>(key + 8) ^ begin) & of_begin) |
                                ((short_copy::load<characters>(key + 14) ^ end) & of_end));
    return (other[0] | other[1]) == 0 && letter(key[17]) && letter(key[18]);
}

/// The one value of an attribute in the usual form at `from`, which then passes it all: a text without escapes, a
/// number, or a name in one script. False when it is another. Of what is compared here, each token is known by its
/// characters.
[[gnu::always_inline]] inline bool only_value(json_cursor& from, std::string_view& value)
{
    constexpr std::string_view name_in_one_script = R"({"Alphabetic":")";
    auto const* begin = from.here(10);  // "…"  :  {  "vr"  :  "CS"  ,  "Value"  :  [  …  ]  }
    if (*begin == '"') {
        auto const* const end = from.here(11);
        if (end[-1] != '"' || end[0] != ']' || end[1] != '}')
            return false;
        value = {begin + 1, end - 1};
        from.pass(13);
    } else if (*begin == '{') {
        if (std::memcmp(begin, name_in_one_script.data(), name_in_one_script.size()) != 0)
            return false;
        auto const* const end = from.here(14);
        if (end[-1] != '"' || end[0] != '}' || end[1] != ']' || end[2] != '}')
            return false;
        value = {begin + name_in_one_script.size(), end - 1};
        from.pass(17);
    } else {
        auto const* end = begin;
        while (*end >= '0' && *end <= '9')
            ++end;
        // Of an empty list, a token of what follows it would be passed.
        if (end == begin || end[0] != ']' || end[1] != '}')
            return false;
        value = {begin, end};
        from.pass(13);
    }
    return true;
}

}  // namespace pons::mapping::usual_form
