#include "upstream/dimse/wire/caller.hpp"

#include "upstream/dimse/wire/connect.hpp"

#include <poll.h>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <array>

namespace pons::upstream::dimse {

using boost::system::error_code;

namespace {

std::string address_of(tcp_socket const& socket)
{
    error_code ec;
    auto const there = socket.remote_endpoint(ec);
    return ec ? "an address that is gone" : usual_form(there.address().to_string());
}

}  // namespace

caller::caller(tcp_socket socket, std::chrono::milliseconds time)
    : socket_(std::move(socket)), address_(address_of(socket_)), deadline_(socket_.get_executor(), time)
{
}

void caller::start_clock(std::shared_ptr<caller> const& whom)
{
    whom->deadline_.async_wait([whom](error_code ec) {
        if (!ec)
            whom->close();
    });
}

void caller::close()
{
    error_code ignored;
    socket_.close(ignored);
}

void caller::push_out()
{
    pushed_out_ = true;
    close();
}

awaitable<std::optional<std::byte>> caller::first_byte()
{
    std::array<std::byte, 1> first{};
    auto const into = asio::buffer(first);
    auto const [ec, size] = co_await socket_.async_receive(into, asio::socket_base::message_peek, as_tuple);
    if (ec || size == 0)
        co_return std::nullopt;
    co_return first[0];
}

/// False when it has been closed meanwhile: its descriptor is somebody else's by now.
awaitable<bool> caller::wait(short wanted)
{
    auto const what = wanted == POLLOUT ? tcp_socket::wait_write : tcp_socket::wait_read;
    auto const [ec] = co_await socket_.async_wait(what, as_tuple);
    co_return !ec && socket_.is_open();
}

awaitable<std::optional<tls::trouble>> caller::shake_hands(SSL_CTX* with)
{
    error_code ec;
    socket_.native_non_blocking(true, ec);
    if (ec)  // closed since its first byte came
        co_return tls::trouble{tls::problem::silent};
    tls_ = tls_session::answer(socket_.native_handle(), with);
    if (!tls_)
        co_return tls::trouble{};
    for (;;) {
        auto const came = tls_->shake_hands();
        if (came.bytes > 0)
            co_return std::nullopt;
        if (came.wanted == 0)
            co_return tls_->trouble().value_or(tls::trouble{});
        bool const ready = co_await wait(came.wanted);
        if (!ready)
            co_return tls::trouble{tls::problem::silent};
    }
}

awaitable<bool> caller::read(std::span<std::byte> to)
{
    if (!tls_) {
        auto const into = asio::buffer(to.data(), to.size());
        auto const [ec, size] = co_await asio::async_read(socket_, into, as_tuple);
        co_return !ec;
    }
    while (!to.empty()) {
        auto const came = tls_->read(to);
        to = to.subspan(came.bytes);
        if (came.bytes > 0)
            continue;
        if (came.wanted == 0)
            co_return false;
        bool const ready = co_await wait(came.wanted);
        if (!ready)
            co_return false;
    }
    co_return true;
}

awaitable<bool> caller::write(std::span<std::byte const> from)
{
    if (!tls_) {
        auto const out = asio::buffer(from.data(), from.size());
        auto const [ec, size] = co_await asio::async_write(socket_, out, as_tuple);
        co_return !ec;
    }
    while (!from.empty()) {
        auto const went = tls_->write(from);
        from = from.subspan(went.bytes);
        if (went.bytes > 0)
            continue;
        if (went.wanted == 0)
            co_return false;
        bool const ready = co_await wait(went.wanted);
        if (!ready)
            co_return false;
    }
    co_return true;
}

void caller::end_sending()
{
    error_code ignored;
    socket_.shutdown(tcp_socket::shutdown_send, ignored);
}

awaitable<void> caller::await_close()
{
    std::array<std::byte, 256> rest{};
    auto const into = asio::buffer(rest);
    for (bool more = socket_.is_open(); more;) {
        auto const [closed, read] = co_await socket_.async_read_some(into, as_tuple);
        more = !closed;
    }
}

transport caller::take()
{
    if (tls_)
        tls_->read_much();
    error_code ignored;
    socket_.native_non_blocking(true, ignored);
    return {descriptor(socket_.release()), std::move(tls_)};
}

}  // namespace pons::upstream::dimse
