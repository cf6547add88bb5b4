#pragma once

#include "proxy/http/router.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pons::proxy::http {

/// The face of an error that the HTTP layer itself has to tell (400, 404, 405, 408, 413, 414, 417, 431, 500, 501, 503,
/// 504): body, Content-Type and headers for `status`. `req` holds what was understood of the request, its path perhaps
/// empty; `id` is the request id; `text` is a sentence for people without any value of the request. Must not throw.
using error_page =
    std::function<response(http::status status, request const& req, std::string_view id, std::string_view text)>;

/// `text` as text/plain.
response plain_error(http::status status, request const& req, std::string_view id, std::string_view text);

/// What is told about a request when it is over. Views are valid during the call only. Nothing in it names a patient:
/// the route is the row's name, never the path.
struct request_record {
    std::string_view id;
    verb method = verb::unknown;           ///< unknown also when the request was not understood
    std::string_view route;                ///< empty when no row was found
    unsigned status = 0;                   ///< 499 when the client left before its answer
    std::chrono::microseconds duration{};  ///< from the first byte of the request to the last of the answer
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    std::vector<std::pair<std::string, std::string>> const* remarks = nullptr;  ///< the handler's, in its order
    std::string_view remote;                                                    ///< the client's address without port
};

/// What one worker serves. Made on the worker's thread, used and destroyed there only, so handlers may own pools of
/// that worker; those go when the last request has ended and the worker's context still runs.
struct site {
    router routes;
    error_page on_error = &plain_error;
    /// Called once per request on the worker's thread; must not throw nor wait.
    std::function<void(request_record const&)> on_request;
};

/// Makes the site of one worker; called once on each worker's thread before anything is accepted.
using make_site = std::function<site(executor)>;

}  // namespace pons::proxy::http
