#pragma once

#include "upstream/asio.hpp"

#include <boost/beast/http/status.hpp>
#include <boost/beast/http/verb.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What a handler sees of HTTP: a request as values, a response as values. Sockets, limits, deadlines, HEAD, gzip,
/// conditional requests and the log line are the session's.
namespace pons::proxy::http {

using boost::beast::http::status;
using boost::beast::http::verb;

using header = std::pair<std::string, std::string>;

struct request {
    verb method = verb::get;
    std::string path;   ///< as sent, without the query, percent-encoded; "/" at least
    std::string query;  ///< as sent, after '?', percent-encoded
    std::vector<http::header> headers;
    std::string body;

    /// The value of the first header named `name` (any case), empty when there is none; several of one name that are
    /// lists (Accept, Prefer, If-None-Match) are joined by ", " when the request is read.
    std::string_view header(std::string_view name) const;
};

struct response {
    http::status status = http::status::ok;
    std::string content_type;
    std::string body;
    std::vector<http::header> headers;  ///< ETag, Location, Retry-After, …; framing headers are the session's
};

/// One request and what belongs to it. Valid until the handler's coroutine ends.
struct exchange {
    http::request const& req;
    std::vector<std::string> path_parameters;  ///< what `{…}` in the route's pattern matched, percent-decoded, in order
    std::string id;                            ///< X-Request-Id as accepted from the client, or our own
    time_point deadline;                       ///< for the whole answer
    /// Filled by the handler for the log line: names and numbers only, never a value of the request.
    std::vector<std::pair<std::string, std::string>>* remarks = nullptr;
};

/// Answers one request. Exceptions become 500 and are logged. Cancelling (terminal): the client has gone or the
/// server stops; the handler should end soon, its response goes nowhere.
using handler = std::function<awaitable<response>(exchange const&)>;

}  // namespace pons::proxy::http
