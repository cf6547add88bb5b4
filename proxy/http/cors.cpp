#include "proxy/http/cors.hpp"

#include <algorithm>

namespace pons::proxy::http {

namespace {

/// What to name as the origin that may read; empty when the request has none that may.
std::string_view allowed_origin(std::vector<std::string> const& origins, request const& req)
{
    auto const origin = req.header("Origin");
    if (origin.empty())
        return {};
    if (std::find(origins.begin(), origins.end(), "*") != origins.end())
        return "*";
    auto const found = std::find(origins.begin(), origins.end(), origin);
    return found == origins.end() ? std::string_view() : *found;
}

}  // namespace

void append_cors(std::vector<std::string> const& origins, request const& req, std::string& head)
{
    if (origins.empty())
        return;
    head.append("Vary: Origin\r\n");
    auto const origin = allowed_origin(origins, req);
    if (origin.empty())
        return;
    head.append("Access-Control-Allow-Origin: ").append(origin).append("\r\n");
    head.append(
        "Access-Control-Expose-Headers: Content-Location, ETag, Link, Location, Retry-After, Warning, "
        "X-Request-Id\r\n");
}

void answer_preflight(std::vector<std::string> const& origins, request const& req, std::string_view allow,
                      response& answer)
{
    if (allowed_origin(origins, req).empty() || req.header("Access-Control-Request-Method").empty())
        return;
    answer.headers.emplace_back("Access-Control-Allow-Methods", allow);
    answer.headers.emplace_back("Access-Control-Allow-Headers",
                                "Accept, Authorization, Content-Type, If-None-Match, Prefer, X-Request-Id");
    answer.headers.emplace_back("Access-Control-Max-Age", "600");
}

}  // namespace pons::proxy::http
