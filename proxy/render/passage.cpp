#include "proxy/render/passage.hpp"

#include "upstream/cancelling.hpp"

#include <utility>

namespace pons::proxy::render {

using upstream_errc = upstream::errc;

passage::passage(executor on, pool& workers, passage_rules rules)
    : workers_(workers), rules_(std::move(rules)), started_(on), answered_(on)
{
}

awaitable<result<void>> passage::begin(upstream::part_head const& head)
{
    around_ = rules_.around(head, rules_.asked);
    if (around_) {
        auto const begun = co_await around_->begin(head);
        co_return begun;
    }
    // There is no deadline but the queue's own.
    auto taken = co_await workers_.acquire(time_point::max());
    if (!taken)
        co_return tl::unexpected(taken.error());
    worker_ = std::move(*taken);
    outcome_.reset();
    answered_.forget();
    auto const sent = co_await send_job(*worker_, rules_.asked);
    started_.happen();
    co_return sent;
}

awaitable<result<void>> passage::write(std::span<std::byte const> bytes)
{
    if (around_) {
        auto const written = co_await around_->write(bytes);
        co_return written;
    }
    if (failed())
        co_return *outcome_;
    if (outcome_ && !*outcome_)  // it needs no more of this instance
        co_return result<void>();
    auto const sent = co_await send_bytes(*worker_, bytes);
    if (!sent)  // why is the worker's to say
        co_await answered_.wait();
    if (failed())
        co_return *outcome_;
    co_return outcome_ ? result<void>() : sent;
}

awaitable<result<void>> passage::end()
{
    if (around_) {
        auto const ended = co_await around_->end();
        co_return ended;
    }
    auto const sent = co_await send_end(*worker_);
    co_await answered_.wait();
    if (!outcome_)
        co_return fail(upstream_errc::cancelled);
    if (sent && rules_.leaves_it_sound(*outcome_))
        worker_.done();
    worker_.give_back();
    if (failed())
        co_return *outcome_;
    co_return result<void>();
}

/// Runs beside the feed, until it is cancelled.
awaitable<result<void>> passage::answering()
{
    co_await asio::this_coro::throw_if_cancelled(false);
    std::uint32_t parts = 0;
    for (;;) {
        co_await started_.wait();
        if (!started_.happened())
            co_return fail(upstream_errc::cancelled);
        started_.forget();
        auto const said = co_await take_answer(*worker_, rules_.to, parts);
        // Nobody reads from it any more, so who writes to it must not wait.
        if (!rules_.leaves_it_sound(said))
            worker_->stop();
        outcome_ = said;
        answered_.happen();
    }
}

awaitable<result<void>> passage::feeding(feed const& bring)
{
    co_await asio::this_coro::throw_if_cancelled(false);
    auto const fed = co_await bring(*this);
    if (failed())
        co_return *outcome_;
    co_return fed;
}

awaitable<result<void>> passage::run(feed const& bring)
{
    using asio::experimental::awaitable_operators::operator||;
    auto fed = feeding(bring);
    auto answered = answering();
    auto both = std::move(fed) || std::move(answered);
    auto const first = co_await std::move(both);
    bool const gone = co_await upstream::is_cancelled();
    if (gone)
        co_return fail(upstream_errc::cancelled);
    co_return std::visit([](auto const& r) -> result<void> { return r; }, first);
}

}  // namespace pons::proxy::render
