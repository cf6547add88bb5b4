#pragma once

#include "proxy/http/exchange.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pons::proxy::http {

/// One row of the table of routes.
struct route {
    std::vector<verb> verbs;  ///< a GET row answers HEAD too; OPTIONS is answered by the session
    std::string pattern;      ///< "/fhir/{version}/ImagingStudy/{id}": each {…} stands for one segment
    std::string name;         ///< for log and metrics, where the path may not appear: "fhir.read"
    http::handler handler;
    bool streams_body = false;  ///< the body is not held, and no limit of size holds for it: see request_body
};

/// What a path and a verb lead to. `status` is ok, not_found, method_not_allowed or bad_request (a path whose escapes
/// cannot be undone); for OPTIONS it is no_content.
struct routed {
    http::status status = http::status::not_found;
    route const* row = nullptr;           ///< when ok, else the row that would be asked with another verb, or null
    std::vector<std::string> parameters;  ///< what `{…}` matched, percent-decoded, in order
    std::string allow;                    ///< for 405 and OPTIONS: the verbs that the path knows
};

/// Finds the row for a request. The pattern that is literal furthest to the left wins, whichever verbs it has: a path
/// that matches "/ImagingStudy/_search" is never "/ImagingStudy/{id}". A slash at the end is passed over.
class router {
public:
    router() = default;

    /// Throws std::invalid_argument for a pattern that is malformed, or there twice with one verb.
    explicit router(std::vector<route> rows);

    routed find(verb method, std::string_view path) const;

    std::vector<route> const& rows() const { return rows_; }

private:
    std::vector<route> rows_;                         // most literal first
    std::vector<std::vector<std::string>> segments_;  // of each row's pattern; "" is {…}
};

}  // namespace pons::proxy::http
