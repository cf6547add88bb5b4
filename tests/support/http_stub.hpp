#pragma once

#include "upstream/asio.hpp"

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// An HTTP server for tests: it answers as a script says, byte by byte if need be, on the test's own io_context.
namespace pons::test {

struct http_request {
    std::string target;
    std::string head;  ///< request line and headers
    std::string body;  ///< of a request in chunks, as it came, chunks and all
};

/// What goes back. Nothing is added: no length, no header.
struct http_reply {
    std::string bytes;
    std::size_t piece = 0;  ///< sent in pieces of so many bytes; 0: at once
    bool close = false;     ///< then the connection is closed
    bool silent = false;    ///< then nothing happens any more
};

/// A whole answer with a length. `headers` are lines that end with CRLF.
http_reply answer(unsigned status, std::string_view body = {}, std::string_view headers = {});
http_reply json(std::string_view body, std::string_view headers = {});
/// As gzip would have it (RFC 1952).
std::string gzip(std::string_view plain);

/// A certificate for `name` (a host name or an IP address) with its key, signed by itself, as PEM in files of their
/// own.
struct certificate {
    explicit certificate(std::string const& name);
    ~certificate();
    certificate(certificate const&) = delete;
    certificate& operator=(certificate const&) = delete;

    std::string cert_file;
    std::string key_file;
};

class http_stub {
public:
    using script = std::function<http_reply(http_request const&)>;

    /// Listens on loopback. With a certificate it speaks TLS; `client_ca` then makes it demand one of the client.
    http_stub(asio::io_context& on, script answers, certificate const* tls = nullptr, std::string client_ca = {});
    ~http_stub();

    std::uint16_t port() const;
    std::string url(std::string_view host = "127.0.0.1") const;  ///< with the path /dicom-web

    /// From now on it answers as soon as the head of a request is there.
    void ignore_bodies();

    std::vector<http_request> const& requests() const;
    unsigned connections() const;  ///< accepted so far
    unsigned open() const;         ///< not yet closed by either side
    void close_all();              ///< as a server does that restarts

private:
    struct state;
    std::shared_ptr<state> state_;
};

/// Runs a coroutine to its end on `on`, within a minute, together with all else that is there, which may go on later
/// (`run` of tests/support/run.hpp runs everything to its end).
template <class T>
T run_on(asio::io_context& on, awaitable<T> work)
{
    std::optional<T> value;
    std::exception_ptr error;
    bool done = false;
    asio::co_spawn(on, std::move(work), [&](std::exception_ptr e, T result) {
        error = e;
        value.emplace(std::move(result));
        done = true;
    });
    on.restart();
    auto const end = clock::now() + std::chrono::minutes(1);
    while (!done && clock::now() < end)
        if (on.run_one_until(end) == 0)
            on.restart();
    if (error)
        std::rethrow_exception(error);
    if (!done)
        throw std::runtime_error("the coroutine did not end");
    return std::move(*value);
}

}  // namespace pons::test
