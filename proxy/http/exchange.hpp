#pragma once

#include "mapping/result.hpp"
#include "upstream/asio.hpp"

#include <boost/beast/http/status.hpp>
#include <boost/beast/http/verb.hpp>

#include <cstddef>
#include <functional>
#include <span>
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

/// An answer that is sent while it is made. Sending begins with `begin` and ends when the handler returns; the response
/// that the handler then returns is not looked at. On the session's executor.
///
/// Errors of all: upstream::errc::cancelled (the client has gone), stalled (it took nothing within the stall budget).
struct body_stream {
    /// Status line and headers, `head.body` as the first bytes of the body. From here on the answer can only be
    /// completed or visibly broken off: chunked, or with a close for HTTP/1.0. HEAD: sends the headers, and every
    /// `write` fails with cancelled.
    virtual awaitable<result<void>> begin(response head) = 0;
    /// Done when the bytes are in the socket; they must live until then.
    virtual awaitable<result<void>> write(std::span<std::byte const> bytes) = 0;
    virtual bool begun() const = 0;
    /// The body will not be completed: the connection is closed without its last chunk (reset for HTTP/1.0), and the
    /// log line says why (`reason`: no value of the request).
    virtual void break_off(std::string_view reason) = 0;

protected:
    ~body_stream() = default;
};

/// The body of a request, as it comes: of routes that say `streams_body`. The client is not read on between two calls:
/// that is the backpressure. On the session's executor. A client that asked for it is told to go on (100 Continue,
/// RFC 9110 §10.1.1) by the first call, so that a handler can refuse before anything was sent.
///
/// Errors: upstream::errc::cancelled (the client has gone, or the server stops), stalled (it sent nothing for
/// `http.stall_timeout`), mapping::errc::invalid_value (its chunks are none). After an error nothing more comes.
struct request_body {
    /// Some bytes, valid until the next call; none at the end.
    virtual awaitable<result<std::span<std::byte const>>> read() = 0;

protected:
    ~request_body() = default;
};

/// One request and what belongs to it. Valid until the handler's coroutine ends.
struct exchange {
    http::request const& req;
    std::vector<std::string> path_parameters;  ///< what `{…}` in the route's pattern matched, percent-decoded, in order
    std::string id;                            ///< X-Request-Id as accepted from the client, or our own
    time_point deadline;                       ///< for the whole answer
    /// Filled by the handler for the log line: names and numbers only, never a value of the request.
    std::vector<std::pair<std::string, std::string>>* remarks = nullptr;
    body_stream* stream = nullptr;  ///< for answers too large to be held
    request_body* body = nullptr;   ///< where the route streams bodies: `req.body` is empty then
};

/// Answers one request. Exceptions become 500 and are logged. Cancelling (terminal): the client has gone or the
/// server stops; the handler should end soon, its response goes nowhere.
using handler = std::function<awaitable<response>(exchange const&)>;

}  // namespace pons::proxy::http
