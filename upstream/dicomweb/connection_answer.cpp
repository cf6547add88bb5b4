#include "upstream/dicomweb/connection.hpp"

#include "mapping/json_cursor.hpp"
#include "upstream/errc.hpp"

#include <algorithm>
#include <cstring>

/// How a connection reads the answer to a request.
namespace pons::upstream::dicomweb {

/// Reads some more of the answer behind what is held.
awaitable<result<void>> connection::fill()
{
    if (at_ != 0) {
        std::memmove(buffer_.data(), buffer_.data() + at_, end_ - at_);
        end_ -= at_;
        at_ = 0;
    }
    if (end_ == buffer_.size()) {
        close();
        co_return fail(errc::too_large, "HTTP answer");
    }
    asio::mutable_buffer const room(buffer_.data() + end_, buffer_.size() - end_);
    auto const [ec, came] = co_await read_some(room);
    auto const state = co_await asio::this_coro::cancellation_state;
    bool const cancelled = state.cancelled() != asio::cancellation_type::none;
    if (ec == asio::error::eof && answered_ && !cancelled) {
        cut_ = true;
        auto const whole = reader_->put_end();
        if (!whole) {
            close();
            co_return tl::unexpected(whole.error());
        }
        co_return result<void>();
    }
    if (ec || cancelled)
        co_return failed(ec, cancelled, answered_ ? "waiting for the rest of the answer" : "waiting for the answer");
    answered_ = true;
    end_ += came;
    co_return result<void>();
}

awaitable<result<http_head>> connection::read_head(config::timeouts const& timeouts, time_point deadline)
{
    for (;;) {
        result<void> const came = co_await fill();
        if (!came)
            co_return tl::unexpected(came.error());
        until(std::min(deadline, clock::now() + timeouts.between_responses));
        auto const taken = reader_->put(buffer_.data() + at_, end_ - at_);
        if (!taken) {
            close();
            co_return tl::unexpected(taken.error());
        }
        at_ += *taken;
        if (reader_->head_done())
            break;
    }
    if (reader_->head().gzip)
        unpack_.emplace();
    http_head head = reader_->head();
    co_return head;
}

/// What can be had of the body without reading; empty when more must be read first, or when it is at its end.
result<std::string_view> connection::held_piece()
{
    for (;;) {
        if (unpack_ && (!packed_.empty() || unpack_->pending())) {
            if (!unpack_->feed(packed_, plain_))
                return fail(errc::malformed, "HTTP answer, gzip");
            if (!plain_.empty())
                return std::string_view(plain_);
            continue;
        }
        if (reader_->done() || at_ == end_)
            return std::string_view();
        auto const taken = reader_->put(buffer_.data() + at_, end_ - at_);
        if (!taken)
            return tl::unexpected(taken.error());
        at_ += *taken;
        auto const piece = reader_->piece();
        if (unpack_)
            packed_ = piece;
        else if (!piece.empty())
            return piece;
        if (*taken == 0)
            return std::string_view();
    }
}

result<std::string_view> connection::ended()
{
    if (unpack_ && !unpack_->complete()) {
        bool const cut = cut_;
        close();
        return cut ? fail(errc::aborted, "HTTP answer") : fail(errc::malformed, "HTTP answer, gzip");
    }
    // Bytes behind the answer belong to no request of ours.
    reusable_ = at_ == end_ && reader_->keep_alive() && !cut_ && is_open();
    if (!reusable_)
        close();
    return std::string_view();
}

awaitable<result<std::string_view>> connection::more(time_point by)
{
    until(by);
    for (;;) {
        result<std::string_view> piece = held_piece();
        if (!piece) {
            close();
            co_return piece;
        }
        if (!piece->empty()) {
            deadline_ = time_point::max();
            co_return piece;
        }
        if (reader_->done())
            co_return ended();
        result<void> const came = co_await fill();
        if (!came)
            co_return tl::unexpected(came.error());
    }
}

awaitable<result<http_answer>> connection::collect(http_head head, config::timeouts const& timeouts,
                                                   std::uint64_t max_body, time_point deadline)
{
    // The length is believed only so far: it is the peer's word.
    constexpr std::uint64_t credible = 4u << 20;
    constexpr std::uint64_t usual = 16 * 1024;
    auto const length = head.length.value_or(usual);
    http_answer answer{std::move(head), {}};
    if (answer.length && length > max_body) {
        close();
        co_return fail(errc::too_large, "HTTP answer");
    }
    answer.body.reserve(static_cast<std::size_t>(std::min(length, credible)) + mapping::json_scanner::padding);
    for (;;) {
        auto const by = std::min(deadline, clock::now() + timeouts.between_responses);
        result<std::string_view> const piece = co_await more(by);
        if (!piece)
            co_return tl::unexpected(piece.error());
        if (piece->empty())
            break;
        if (piece->size() > max_body - answer.body.size()) {
            close();
            co_return fail(errc::too_large, "HTTP answer");
        }
        answer.body.append(*piece);
    }
    co_return answer;
}

}  // namespace pons::upstream::dicomweb
