#pragma once

#include "upstream/dimse/wire/waiting.hpp"
#include "upstream/tls/observer.hpp"

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace pons::upstream::dimse {

/// TLS over a connected, non-blocking socket, from either side. It never waits by itself but in `begin`; one thread at
/// a time.
class tls_session {
public:
    /// The handshake, over `fd`, with certificates and versions as `context` says. The peer's certificate must be good
    /// for `host` when `context` verifies. Blocks the calling thread. Afterwards the session does not own `fd`.
    static tl::expected<std::unique_ptr<tls_session>, tls::trouble> begin(int fd, SSL_CTX* context,
                                                                          std::string const& host,
                                                                          patience const& how_long);
    /// The side that was called, before its handshake, for which `shake_hands` is called as long as it wants something.
    /// Null when there is no memory.
    static std::unique_ptr<tls_session> answer(int fd, SSL_CTX* context);
    tls_session(tls_session const&) = delete;
    tls_session& operator=(tls_session const&) = delete;

    /// From now on the same connection is that descriptor.
    void move_to(int fd);

    /// What came of one attempt: some bytes; or none yet, and for which events (POLLIN, POLLOUT) the socket is to be
    /// waited for before the next; or, both 0, the end of the connection.
    struct attempt {
        std::size_t bytes = 0;
        short wanted = 0;
    };
    attempt read(std::span<std::byte> to);
    attempt write(std::span<std::byte const> from);
    /// Of `answer`. 1 byte, which is none: it is done; else as the others.
    attempt shake_hands();

    /// From now on as much is read as has come, not a record at a time: for those who have something to send.
    void read_much();

    /// Bytes have come, and can be read without waiting.
    bool pending() const { return SSL_pending(over_.get()) > 0; }
    /// close_notify (RFC 8446 §6.1), not waited for.
    void close();
    /// What ended the connection, or the handshake, before it brought any byte. TLS 1.3 tells only then that a
    /// certificate is missing.
    std::optional<tls::trouble> const& trouble() const { return trouble_; }
    /// "TLSv1.3"
    char const* version() const { return SSL_get_version(over_.get()); }

private:
    struct freeing {
        void operator()(SSL* s) const { SSL_free(s); }
    };

    tls_session() = default;
    static std::unique_ptr<tls_session> over(int fd, SSL_CTX* context);
    attempt failed(int returned);

    tls::observer observer_;
    std::unique_ptr<SSL, freeing> over_;  // before the observer goes
    bool broken_ = false;
    bool heard_ = false;
    std::optional<tls::trouble> trouble_;
};

}  // namespace pons::upstream::dimse
