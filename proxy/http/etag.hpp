#pragma once

#include <string_view>

namespace pons::proxy::http {

/// Whether an If-None-Match header names `etag` by the weak comparison (RFC 9110 §13.1.2, §8.8.3.2): "*", a list, each
/// member with or without W/. An empty header names nothing.
bool names_etag(std::string_view if_none_match, std::string_view etag);

}  // namespace pons::proxy::http
