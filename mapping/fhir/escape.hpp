#pragma once

#include <cstddef>
#include <string_view>

/// Text inside JSON strings and XML attributes. What XML 1.0 cannot carry (control characters, U+FFFE and
/// U+FFFF) is left out of both.
namespace pons::mapping::fhir {

/// What one character may become at most ("&quot;").
inline constexpr std::size_t longest_escape = 6;

/// Writes `text` to `to`, where there is room for `longest_escape` times its size; gives the end.
char* escape_json(char* to, std::string_view text);
char* escape_xml(char* to, std::string_view text);

}  // namespace pons::mapping::fhir
