#pragma once

#include "upstream/asio.hpp"
#include "upstream/dimse/wire/transport.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace pons::upstream::dimse {

/// A connection to us on which no association has begun, in the clear or by TLS. It costs a socket until its first byte
/// has come. On one executor; every wait ends when it is closed, by whomever.
class caller {
public:
    /// It is closed after `time`, unless `stop_clock` comes first. To be called on a shared one.
    caller(tcp_socket socket, std::chrono::milliseconds time);
    static void start_clock(std::shared_ptr<caller> const& whom);
    void stop_clock() { deadline_.cancel(); }

    void close();
    bool is_open() const { return socket_.is_open(); }
    /// Closes it in favour of others.
    void push_out();
    bool was_pushed_out() const { return pushed_out_; }
    /// "192.0.2.7", in its usual form, also when it has been closed.
    std::string const& address() const { return address_; }

    /// What it says first, without taking it. Nothing: it has gone.
    awaitable<std::optional<std::byte>> first_byte();

    /// The handshake, as the side that was called. Nothing when it went well.
    awaitable<std::optional<tls::trouble>> shake_hands(SSL_CTX* with);

    /// All of `to`, or of `from`. False: it has gone.
    awaitable<bool> read(std::span<std::byte> to);
    awaitable<bool> write(std::span<std::byte const> from);

    /// Nothing more will be said.
    void end_sending();
    /// Drops what comes until the other side closes: closing first could take from it what it was told last.
    awaitable<void> await_close();

    /// The connection, for the one who serves the association. Then there is nothing left here.
    transport take();

private:
    awaitable<bool> wait(short wanted);

    tcp_socket socket_;
    std::string const address_;
    steady_timer deadline_;
    bool pushed_out_ = false;
    std::unique_ptr<tls_session> tls_;
};

}  // namespace pons::upstream::dimse
