#include "mapping/errc.hpp"
#include "proxy/http/session.hpp"
#include "proxy/http/worker.hpp"

#include <boost/asio/buffer.hpp>

/// How a session reads a body while its handler works.
namespace pons::proxy::http {

void session::incoming::reset()
{
    s_.buffer_.consume(held_);
    held_ = 0;
    piece_ = {};
    continued_ = stalled_ = over_ = false;
}

tl::unexpected<failure> session::incoming::why() const
{
    return fail(stalled_ ? upstream::errc::stalled : upstream::errc::cancelled, "the body of the request");
}

awaitable<result<std::span<std::byte const>>> session::incoming::read()
{
    using state = request_reader::state;
    s_.buffer_.consume(held_);
    held_ = 0;
    for (;;) {
        if (over_ || s_.ended_ != ended::no) {
            over_ = true;
            co_return why();
        }
        if (s_.reader_.at() == state::complete)
            co_return std::span<std::byte const>();
        if (s_.buffer_.size() > 0) {
            auto const [used, bytes] = s_.reader_.take(s_.unread(), piece_);
            s_.bytes_in_ += used;
            if (s_.reader_.at() == state::faulty) {
                over_ = true;
                co_return fail(mapping::errc::invalid_value, "the chunks of the request");
            }
            if (!bytes.empty()) {
                held_ = used;
                co_return std::as_bytes(std::span(bytes.data(), bytes.size()));
            }
            s_.buffer_.consume(used);
            if (used > 0)
                continue;
        }
        bool const received = co_await receive();
        if (!received) {
            over_ = true;
            co_return why();
        }
    }
}

/// Waits for more of it. False when none comes.
awaitable<bool> session::incoming::receive()
{
    if (s_.reader_.expects_continue() && !continued_ && s_.buffer_.size() == 0)
        s_.tell_to_continue();
    continued_ = true;
    s_.phase_ = phase::receiving;
    s_.deadline_ = clock::now() + s_.worker_.config().stall_timeout;
    auto const room = s_.buffer_.prepare(largest_read);
    auto const [ec, n] = co_await s_.socket_.async_read_some(room, as_tuple);
    s_.phase_ = phase::handling;
    s_.deadline_ = time_point::max();  // from here on the upstream's deadlines hold
    if (!ec) {
        s_.buffer_.commit(n);
        co_return true;
    }
    // The wait itself is cancelled by who has no more use for it: then the client is still there.
    if (ec != asio::error::operation_aborted && !stalled_ && s_.ended_ == ended::no)
        s_.ended_ = ended::client_left;
    co_return false;
}

}  // namespace pons::proxy::http
