#include "proxy/http/session.hpp"
#include "proxy/http/worker.hpp"

#include <boost/asio/buffer.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <stdexcept>
#include <typeinfo>

/// How a session sends: answers that are held, and bodies that are sent while they are made.
namespace pons::proxy::http {

namespace {

using boost::system::error_code;

constexpr std::size_t write_step = 16 * 1024;  // progress that is worth more time

}  // namespace

framing session::make_framing(body_framing body)
{
    auto const& config = worker_.config();
    keep_ = keep_ && !worker_.draining() && body != body_framing::closed;
    return {.id = id_,
            .date = worker_.date(),
            .keep_alive = keep_,
            .http_1_0 = reader_.http_1_0(),
            .body = body,
            .gzip_above = config.gzip_above,
            .cors_origins = &config.cors_origins,
            .gzip = &worker_.gzip()};
}

void session::finish_answer()
{
    auto const how = make_framing(body_framing::held);
    try {
        finish(reader_.request(), answer_, how, head_);
    } catch (std::exception const& e) {
        spdlog::error("request {} failed by a defect: {}", id_, typeid(e).name());
        answer_ = plain_error(status::internal_server_error, reader_.request(), id_, "A defect of this server.");
        finish(reader_.request(), answer_, how, head_);
    }
}

void session::begin_sending()
{
    unsent_ = {asio::buffer(head_), asio::buffer(answer_.body)};
    progress_ = 0;
    phase_ = phase::writing;
    deadline_ = clock::now() + patience();
}

/// How long the client may take for the next `write_step` bytes.
std::chrono::milliseconds session::patience() const
{
    auto const& config = worker_.config();
    return phase_ == phase::streaming ? config.stall_timeout : config.write_timeout;
}

/// Writes without waiting, which is all that most answers need. True when everything is written.
bool session::send_now()
{
    error_code ec;
    while (!ec && asio::buffer_size(unsent_) > 0) {
        auto n = socket_.write_some(unsent_, ec);
        bytes_out_ += n;
        progress_ += n;
        if (progress_ >= write_step) {
            progress_ = 0;
            deadline_ = clock::now() + patience();
        }
        for (auto& buffer : unsent_) {
            auto const taken = std::min(n, buffer.size());
            buffer += taken;
            n -= taken;
        }
    }
    if (ec && ec != asio::error::would_block && ec != asio::error::try_again)
        close();
    return !ec;
}

/// Writes what is left, waiting for a slow client. False when that fails.
awaitable<bool> session::send()
{
    while (!send_now()) {
        if (!socket_.is_open())
            co_return false;
        auto const [ec] = co_await socket_.async_wait(tcp_socket::wait_write, as_tuple);
        if (ec)
            co_return false;
    }
    co_return true;
}

/// What follows the handler of a streamed answer: its last chunk, or an end that everybody sees is none.
awaitable<void> session::end_stream(routed const& found)
{
    bool whole = ended_ == ended::no && stream_.whole();
    if (whole)
        whole = co_await stream_.end();
    auto status = stream_.status();
    if (!whole) {
        worker_.counts().broken_off.fetch_add(1, std::memory_order_relaxed);
        if (ended_ == ended::cut)
            stream_.break_off("the server stopped");
        else if (stream_.stalled())
            stream_.break_off("the client took nothing");
        else if (ended_ == ended::client_left || stream_.failed())
            status = 499;
        keep_ = false;
        break_connection(reader_.http_1_0());
    }
    record(found, status);
    forget_answer();
}

/// `reset`: the end of the connection alone would be taken for the end of the body.
void session::break_connection(bool reset)
{
    error_code ignored;
    if (reset)
        socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    close();
}

awaitable<result<void>> session::streamed::begin(response head)
{
    if (begun_)
        throw std::logic_error("an answer begins once");
    if (s_.ended_ != ended::no)
        co_return why();
    auto const& req = s_.reader_.request();
    chunked_ = !s_.reader_.http_1_0();
    auto const framing = s_.make_framing(chunked_ ? body_framing::chunked : body_framing::closed);
    finish(req, head, framing, s_.head_);
    begun_ = true;
    status_ = static_cast<unsigned>(head.status);
    bodyless_ = req.method == verb::head;
    s_.answer_ = std::move(head);
    s_.phase_ = phase::streaming;
    s_.deadline_ = time_point::max();
    s_.unsent_ = {asio::buffer(s_.head_)};
    if (!s_.answer_.body.empty())
        add_chunk(asio::buffer(s_.answer_.body));
    co_return co_await send();
}

awaitable<result<void>> session::streamed::write(std::span<std::byte const> bytes)
{
    if (!begun_)
        throw std::logic_error("an answer begins with its head");
    if (bodyless_ || broken_ || failed_ || cut_short_ || s_.ended_ != ended::no)
        co_return why();
    if (bytes.empty())
        co_return result<void>();
    s_.unsent_ = {};
    add_chunk(asio::buffer(bytes.data(), bytes.size()));
    co_return co_await send();
}

void session::streamed::break_off(std::string_view reason)
{
    if (!begun_ || bodyless_ || broken_)
        return;
    broken_ = true;
    s_.remarks_.emplace_back("broken_off", reason);
}

awaitable<bool> session::streamed::end()
{
    if (bodyless_ || !chunked_)
        co_return true;
    s_.unsent_ = {asio::buffer(std::string_view("0\r\n\r\n"))};
    auto const sent = co_await send();
    co_return sent.has_value();
}

/// RFC 9112 §7.1, in one write with what stands before.
void session::streamed::add_chunk(asio::const_buffer bytes)
{
    s_.unsent_[2] = bytes;
    if (!chunked_)
        return;
    auto const last = chunk_head_.data() + chunk_head_.size();
    auto* end = std::to_chars(chunk_head_.data(), last, bytes.size(), 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    s_.unsent_[1] = asio::buffer(chunk_head_.data(), static_cast<std::size_t>(end - chunk_head_.data()));
    s_.unsent_[3] = asio::buffer(std::string_view("\r\n"));
}

awaitable<result<void>> session::streamed::send()
{
    s_.progress_ = 0;
    bool sent = s_.send_now();
    if (!sent && s_.socket_.is_open())
        s_.deadline_ = clock::now() + s_.patience();
    while (!sent) {
        error_code ec = asio::error::broken_pipe;
        if (s_.socket_.is_open()) {
            auto const [waited] = co_await s_.socket_.async_wait(tcp_socket::wait_write, as_tuple);
            ec = waited;
        }
        if (ec || stalled_ || s_.ended_ != ended::no) {
            bool const by_us = ec == asio::error::operation_aborted && !stalled_ && s_.ended_ == ended::no;
            (by_us ? cut_short_ : failed_) = true;
            s_.deadline_ = time_point::max();
            co_return why();
        }
        sent = s_.send_now();
    }
    s_.deadline_ = time_point::max();
    co_return result<void>();
}

void session::streamed::reset()
{
    begun_ = bodyless_ = chunked_ = broken_ = failed_ = cut_short_ = stalled_ = false;
    status_ = 0;
}

tl::unexpected<failure> session::streamed::why() const
{
    return fail(stalled_ ? upstream::errc::stalled : upstream::errc::cancelled, "http");
}

}  // namespace pons::proxy::http
