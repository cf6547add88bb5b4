#include "upstream/dimse/wire/tls_session.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

namespace pons::upstream::dimse {

namespace {

/// Several records with one read from the socket.
constexpr std::size_t read_ahead = 128 * 1024;

}  // namespace

std::unique_ptr<tls_session> tls_session::over(int fd, SSL_CTX* context)
{
    std::unique_ptr<tls_session> made(new tls_session);
    made->over_.reset(SSL_new(context));
    auto* const ssl = made->over_.get();
    if (!ssl || SSL_set_fd(ssl, fd) != 1)
        return nullptr;
    SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_set_options(ssl, SSL_OP_NO_RENEGOTIATION);
    return made;
}

std::unique_ptr<tls_session> tls_session::answer(int fd, SSL_CTX* context)
{
    auto made = over(fd, context);
    if (made) {
        SSL_set_accept_state(made->over_.get());
        made->observer_.watch_caller(made->over_.get());
    }
    return made;
}

tls_session::attempt tls_session::shake_hands()
{
    if (broken_)
        return {};
    ERR_clear_error();
    auto const shaken = SSL_do_handshake(over_.get());
    return shaken == 1 ? attempt{1, 0} : failed(shaken);
}

void tls_session::read_much()
{
    SSL_free_buffers(over_.get());  // made anew with the next read, unless something lies in them
    SSL_set_default_read_buffer_len(over_.get(), read_ahead);
    SSL_set_read_ahead(over_.get(), 1);
}

tl::expected<std::unique_ptr<tls_session>, tls::trouble> tls_session::begin(int fd, SSL_CTX* context,
                                                                            std::string const& host,
                                                                            patience const& how_long)
{
    auto made = over(fd, context);
    if (!made)
        return tl::unexpected(tls::trouble{});
    auto* const ssl = made->over_.get();
    made->read_much();
    made->observer_.watch(ssl, host);
    for (;;) {
        // A peer that dribbles must not outrun the deadline either.
        auto came = check(how_long);
        if (came == readiness::ready) {
            ERR_clear_error();
            auto const shaken = SSL_connect(ssl);
            if (shaken == 1)
                return made;
            auto const again = made->failed(shaken);
            if (again.wanted == 0)
                return tl::unexpected(*made->trouble_);
            int const on = 1;
            ::setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
            came = wait_for(fd, again.wanted, how_long);
        }
        if (came != readiness::ready)
            return tl::unexpected(
                tls::trouble{came == readiness::expired ? tls::problem::silent : tls::problem::cancelled});
    }
}

void tls_session::move_to(int fd)
{
    SSL_set_fd(over_.get(), fd);
}

tls_session::attempt tls_session::failed(int returned)
{
    switch (SSL_get_error(over_.get(), returned)) {
        case SSL_ERROR_WANT_READ:
            return {0, POLLIN};
        case SSL_ERROR_WANT_WRITE:
            return {0, POLLOUT};
        default:
            break;
    }
    if (!broken_ && !heard_)
        trouble_ = observer_.explain(over_.get(), ERR_peek_error());
    broken_ = true;
    ERR_clear_error();
    return {};
}

tls_session::attempt tls_session::read(std::span<std::byte> to)
{
    attempt came;
    while (!broken_ && came.bytes < to.size()) {
        std::size_t n = 0;
        ERR_clear_error();
        auto const returned = SSL_read_ex(over_.get(), to.data() + came.bytes, to.size() - came.bytes, &n);
        if (returned != 1) {
            auto const end = failed(returned);
            return came.bytes > 0 ? came : end;
        }
        heard_ = true;
        came.bytes += n;
        if (SSL_has_pending(over_.get()) == 0)
            break;
    }
    return came;
}

tls_session::attempt tls_session::write(std::span<std::byte const> from)
{
    if (broken_)
        return {};
    std::size_t n = 0;
    ERR_clear_error();
    auto const returned = SSL_write_ex(over_.get(), from.data(), from.size(), &n);
    return returned == 1 ? attempt{n, 0} : failed(returned);
}

void tls_session::close()
{
    if (!broken_ && SSL_is_init_finished(over_.get())) {
        ERR_clear_error();
        SSL_shutdown(over_.get());
        ERR_clear_error();
    }
    broken_ = true;
}

}  // namespace pons::upstream::dimse
