#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing beyond U+10FFFF.
namespace pons::mapping {

/// How many bytes the valid character at the start of `text` takes; 0 when it is not valid UTF-8.
std::size_t utf8_length(std::string_view text);
/// True when `text` is the beginning of one character and ends too early.
bool is_cut_utf8(std::string_view text);
bool is_utf8(std::string_view text);
char32_t utf8_character(std::string_view valid);
void append_utf8(char32_t character, std::string& utf8);

inline constexpr std::string_view replacement = "\xEF\xBF\xBD";

}  // namespace pons::mapping
