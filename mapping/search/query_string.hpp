#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Query strings as FHIR clients send them: lenient where RFC 3986 is not ("|" and UTF-8 may come raw).
namespace pons::mapping::search {

/// Percent-decoded name and value, in the order of the request.
using parameter = std::pair<std::string, std::string>;

/// Splits "a=1&b=2" (a query, or an application/x-www-form-urlencoded body). "+" is a space. A stray "%" stays as it
/// is; NUL bytes and invalid UTF-8 stay too and match nothing later. Parts without a name are left out.
std::vector<parameter> split_query(std::string_view query);

/// Percent-encodes all but unreserved characters (RFC 3986 §2.3) and those that a query may hold and that keep a FHIR
/// query readable: ",:/". "|" may not stand in a URI, and some clients' URI classes throw when it does.
std::string encode_query_value(std::string_view value);

/// Splits a value at each `separator` that is not escaped by "\" (FHIR R4 §3.1.1.4.0.1). The escapes stay.
std::vector<std::string_view> split_escaped(std::string_view value, char separator);

/// Puts a backslash before what separates values and their parts: "," "|" "$", and the backslash itself.
std::string escape(std::string_view value);

/// Undoes "\,", "\|", "\$" and "\\". False when a backslash stands before anything else.
bool unescape(std::string_view value, std::string& out);

}  // namespace pons::mapping::search
