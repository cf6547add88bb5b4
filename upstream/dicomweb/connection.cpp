#include "upstream/dicomweb/connection.hpp"

#include "upstream/errc.hpp"

#include <boost/asio/ssl/error.hpp>

#include <sys/socket.h>
#include <algorithm>
#include <cerrno>

namespace pons::upstream::dicomweb {

namespace {

using boost::system::error_code;

constexpr std::size_t buffer_size = 128 * 1024;
static_assert(buffer_size > response_reader::max_header);

/// As OpenSSL numbers it; 0 for what is none of its.
unsigned long openssl_error(error_code ec)
{
    return ec.category() == asio::error::get_ssl_category() ? static_cast<unsigned long>(ec.value()) : 0;
}

}  // namespace

connection::connection(executor const& on, origin const& to, std::shared_ptr<asio::ssl::context> tls)
    : to_(to), context_(std::move(tls)), socket_(on), timer_(on)
{
}

connection::~connection() = default;

void connection::close()
{
    disconnect();
    buffer_ = {};
}

void connection::disconnect()
{
    error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
    watched_until_ = deadline_ = time_point::max();
    reusable_ = false;
}

void connection::ends_with(under_way& all)
{
    ends_.emplace(all.enter(socket_.get_executor(), [weak = weak_from_this()] {
        if (auto const self = weak.lock())
            self->disconnect();  // a view of what came may be in use
    }));
}

void connection::until(time_point when)
{
    deadline_ = when;
    if (when < watched_until_)
        watch();
}

void connection::watch()
{
    watched_until_ = deadline_;
    timer_.expires_at(deadline_);
    timer_.async_wait([weak = weak_from_this()](error_code ec) {
        auto const self = weak.lock();
        if (ec || !self || !self->is_open())
            return;
        if (clock::now() < self->deadline_)
            return self->watch();
        self->expired_ = true;
        self->close();
    });
}

bool connection::is_quiet()
{
    char byte = 0;
    return is_open() && ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}

tl::unexpected<failure> connection::failed(error_code ec, bool cancelled, char const* doing)
{
    bool const expired = expired_;
    close();
    if (cancelled)
        return fail(errc::cancelled, doing);
    if (expired)
        return fail(errc::timed_out, doing);
    // TLS 1.3 tells only after the handshake that a certificate is missing.
    if (tls_ && openssl_error(ec) != 0)
        if (auto why = observer_.explain(tls_->native_handle(), openssl_error(ec));
            tls::failure_of(why).code == errc::unauthorized) {
            trouble_ = std::move(why);
            return tl::unexpected(tls::failure_of(*trouble_));
        }
    return fail(errc::aborted, doing);
}

awaitable<result<void>> connection::connect(std::vector<tcp::endpoint> const& addresses, time_point deadline)
{
    auto left = static_cast<int>(addresses.size());
    for (auto const& address : addresses) {
        auto const now = clock::now();
        error_code ec;
        socket_.close(ec);
        expired_ = false;
        socket_.open(address.protocol(), ec);
        if (ec)
            co_return fail(errc::unreachable, "TCP connection");
        until(now + (deadline - now) / left--);
        auto const [failed_to] = co_await socket_.async_connect(address, as_tuple);
        auto const state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none)
            co_return failed(failed_to, true, "TCP connection");
        if (!failed_to && !expired_) {
            socket_.set_option(tcp::no_delay(true), ec);
            co_return result<void>();
        }
    }
    bool const expired = expired_;
    close();
    if (expired)
        co_return fail(errc::timed_out, "TCP connection");
    co_return fail(errc::unreachable, "TCP connection");
}

awaitable<result<void>> connection::handshake(time_point deadline)
{
    if (!context_)
        co_return result<void>();
    tls_.emplace(socket_, *context_);
    auto* const ssl = tls_->native_handle();
    observer_.watch(ssl, to_.host);

    until(deadline);
    auto const [ec] = co_await tls_->async_handshake(asio::ssl::stream_base::client, as_tuple);
    auto const state = co_await asio::this_coro::cancellation_state;
    bool const cancelled = state.cancelled() != asio::cancellation_type::none;
    if (!ec && !cancelled && !expired_)
        co_return result<void>();
    if (cancelled)
        trouble_ = tls::trouble{tls::problem::cancelled};
    else if (expired_)
        trouble_ = tls::trouble{tls::problem::silent};
    else
        trouble_ = observer_.explain(ssl, openssl_error(ec));
    close();
    co_return tl::unexpected(tls::failure_of(*trouble_));
}

awaitable<connection::io_result> connection::read_some(asio::mutable_buffer into)
{
    return tls_ ? tls_->async_read_some(into, as_tuple) : socket_.async_read_some(into, as_tuple);
}

awaitable<connection::io_result> connection::write(std::vector<asio::const_buffer> const& all)
{
    return tls_ ? asio::async_write(*tls_, all, as_tuple) : asio::async_write(socket_, all, as_tuple);
}

void connection::begin()
{
    answered_ = reusable_ = expired_ = cut_ = false;
    buffer_.resize(buffer_size);
    at_ = end_ = 0;
    reader_.emplace();
    unpack_.reset();
    packed_ = {};
}

awaitable<result<void>> connection::send(std::vector<asio::const_buffer> const& parts, time_point by)
{
    until(by);
    auto const [not_sent, sent] = co_await write(parts);
    auto const state = co_await asio::this_coro::cancellation_state;
    bool const cancelled = state.cancelled() != asio::cancellation_type::none;
    if (not_sent && !cancelled && !expired_ && openssl_error(not_sent) == 0)
        co_return fail(errc::aborted, "sending the request");
    if (not_sent || cancelled)
        co_return failed(not_sent, cancelled, "sending the request");
    deadline_ = time_point::max();
    co_return result<void>();
}

awaitable<result<http_head>> connection::ask(std::string const& request, config::timeouts const& timeouts,
                                             time_point deadline)
{
    begin();
    std::vector<asio::const_buffer> const all(1, asio::const_buffer(request.data(), request.size()));
    auto const by = std::min(deadline, clock::now() + timeouts.first_response);
    result<void> const sent = co_await send(all, by);
    if (!sent) {
        close();
        co_return tl::unexpected(sent.error());
    }
    until(by);
    result<http_head> head = co_await read_head(timeouts, deadline);
    co_return head;
}

awaitable<result<http_head>> connection::answer(config::timeouts const& timeouts, time_point deadline)
{
    until(std::min(deadline, clock::now() + timeouts.first_response));
    result<http_head> head = co_await read_head(timeouts, deadline);
    co_return head;
}

awaitable<result<http_answer>> connection::exchange(std::string const& request, config::timeouts const& timeouts,
                                                    std::uint64_t max_body, time_point deadline)
{
    result<http_head> head = co_await ask(request, timeouts, deadline);
    if (!head)
        co_return tl::unexpected(head.error());
    result<http_answer> answer = co_await collect(std::move(*head), timeouts, max_body, deadline);
    co_return answer;
}

}  // namespace pons::upstream::dicomweb
