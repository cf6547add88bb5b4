#pragma once

#include "proxy/http/exchange.hpp"
#include "proxy/http/gzip.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pons::proxy::http {

/// How the end of a body is told (RFC 9112 §6.3).
enum class body_framing {
    held,     ///< Content-Length
    chunked,  ///< for HTTP/1.1, when the length is not known yet
    closed,   ///< the same for HTTP/1.0
};

/// What the session knows beside request and response when an answer leaves.
struct framing {
    std::string_view id;    ///< X-Request-Id
    std::string_view date;  ///< IMF-fixdate
    bool keep_alive = true;
    bool http_1_0 = false;  ///< the client has to be told when the connection stays open
    body_framing body = body_framing::held;
    std::uint32_t gzip_above = 0;  ///< config::http
    std::vector<std::string> const* cors_origins = nullptr;
    gzip_encoder* gzip = nullptr;
};

/// Turns a handler's answer into what is written: `head` is replaced by status line and fields, `answer.body` becomes
/// the bytes that follow it. In this order: 304 when If-None-Match names the ETag of a 200 (RFC 9110 §13.2.2), gzip,
/// no body for HEAD, whose Content-Length stays. A body that is sent while it is made is neither replaced by 304 nor
/// compressed; `answer.body` is its beginning. Framing fields, Date, Server and X-Request-Id are ours alone; Vary
/// and Cache-Control are added unless the handler set them. Throws std::logic_error when a field of the handler's
/// cannot be sent as it is (a line end in a value would begin another field).
void finish(request const& req, response& answer, framing const& how, std::string& head);

}  // namespace pons::proxy::http
