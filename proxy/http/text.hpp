#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Small pieces of HTTP's grammar (RFC 9110 §5.6) that the parsers of this folder share. Pure.
namespace pons::proxy::http {

/// ASCII only, as field names and tokens are compared.
bool equal_ignoring_case(std::string_view a, std::string_view b);

std::string to_lower(std::string_view text);

/// Without spaces and tabs at either end.
std::string_view trim(std::string_view text);

/// RFC 9110 §5.6.2; empty is not a token.
bool is_token(std::string_view text);

/// Takes the next member off the front of `rest`, up to `separator` outside quoted strings, trimmed; the separator goes
/// too. Members may be empty.
std::string_view take_member(std::string_view& rest, char separator);

/// The content of a quoted string with its escapes undone, or `text` itself when it is not quoted.
std::string unquoted(std::string_view text);

/// Undoes %XX (RFC 3986 §2.1). Nothing when an escape is broken, or the outcome is not UTF-8 or holds a control
/// character: no handler should meet those.
std::optional<std::string> percent_decoded(std::string_view text);

/// `text` as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
void append_json(std::string& out, std::string_view text);

}  // namespace pons::proxy::http
