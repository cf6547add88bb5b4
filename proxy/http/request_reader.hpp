#pragma once

#include "proxy/http/chunked.hpp"
#include "proxy/http/exchange.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pons::proxy::http {

struct request_limits {
    std::size_t header = 32 * 1024;    ///< request line and fields together; beyond: 431
    std::size_t target = 16 * 1024;    ///< beyond: 414
    std::size_t fields = 128;          ///< header fields; beyond: 431
    std::uint64_t body = 1024 * 1024;  ///< beyond: 413; not for bodies that are streamed
};

/// Why a request is not answered by a handler.
struct request_fault {
    http::status status = http::status::bad_request;
    std::string_view text;  ///< a literal, for people

    friend bool operator==(request_fault const&, request_fault const&) = default;
};

/// Reads requests from bytes (RFC 9112), the header with Beast's parser, and refuses what that parser lets through
/// although it is how requests are smuggled past a proxy: no Host or two, a Transfer-Encoding other than `chunked`,
/// obsolete line folding, control characters in the target. Pure: no socket, no clock. After a fault the connection
/// cannot be used for another request, since where one would begin is not known.
class request_reader {
public:
    enum class state { empty, header, body, complete, faulty };

    /// Whether the body of a request, known by its header, is taken piece by piece.
    using streams_body = std::function<bool(http::request const&)>;

    explicit request_reader(request_limits limits, streams_body streams = {});
    ~request_reader();

    /// Forgets the request and waits for the next.
    void reset();

    /// Takes what it can use off the front of `data` and returns how much that was; the rest must come again, with more
    /// behind it. A header is taken as a whole. What follows a complete request is left.
    std::size_t put(std::string_view data);

    /// In state `body` of a request that is streamed, where `put` takes nothing: takes what it can off the front of
    /// `data` and gives what that carries, in `data` itself or in `piece`. `complete` after the last one.
    struct taken {
        std::size_t used = 0;
        std::string_view bytes;
    };
    taken take(std::string_view data, std::string& piece);
    bool streams() const { return streams_; }

    state at() const { return state_; }
    std::optional<request_fault> const& fault() const { return fault_; }

    /// Whole when `complete`, without body from `body` on. When `faulty`, what was understood: the path often is.
    http::request const& request() const { return request_; }

    // From state `body` on:
    bool keep_alive() const;        ///< what the client wants, by version and Connection (RFC 9112 §9.3)
    bool http_1_0() const;          ///< the client is an old one
    bool expects_continue() const;  ///< waits for 100 before it sends the body (RFC 9110 §10.1.1)

    /// Gives up a request in mid-way, for example with 408 when it takes too long; `unread` is what `put` left.
    void refuse(http::status status, std::string_view text, std::string_view unread = {});

private:
    class parser;

    std::size_t put_header(std::string_view data);
    std::size_t put_body(std::string_view data);
    std::size_t put_chunks(std::string_view data, std::string& body, std::uint64_t limit);
    bool scan_header(std::string_view data);
    void note_target(std::string_view data);

    request_limits limits_;
    streams_body is_streamed_;
    bool streams_ = false;
    state state_ = state::empty;
    std::size_t scanned_ = 0;  // how far the end of the header was looked for
    std::size_t line_ = 0;     // where the line that is being looked at begins
    std::uint64_t left_ = 0;   // of a body with a length
    chunked_decoder chunks_;
    http::request request_;
    std::optional<request_fault> fault_;
    std::unique_ptr<parser> parser_;
};

}  // namespace pons::proxy::http
