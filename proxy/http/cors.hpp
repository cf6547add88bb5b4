#pragma once

#include "proxy/http/exchange.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Cross-origin requests of browsers (Fetch standard, "CORS protocol"). With no origins configured nothing is said, and
/// browsers keep other sites' pages out.
namespace pons::proxy::http {

/// Appends what lets the page read the answer, when its Origin is among `origins` ("*": any), and Vary: Origin whenever
/// there are origins, since the answer then depends on it.
void append_cors(std::vector<std::string> const& origins, request const& req, std::string& head);

/// Adds what a preflight asks about to the answer to OPTIONS, `allow` being the verbs of the path.
void answer_preflight(std::vector<std::string> const& origins, request const& req, std::string_view allow,
                      response& answer);

}  // namespace pons::proxy::http
