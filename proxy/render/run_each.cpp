#include "proxy/render/exchange.hpp"
#include "proxy/render/pool.hpp"
#include "proxy/render/renderer.hpp"
#include "render/errc.hpp"
#include "upstream/cancelling.hpp"

#include <optional>
#include <utility>

namespace pons::proxy::render {

namespace {

using pons::render::errc;
using upstream_errc = upstream::errc;

/// Whether the worker goes on after it said so: it then passes over the rest of the instance.
bool is_sound_after(result<void> const& done)
{
    if (done)
        return true;
    auto const& code = done.error().code;
    return code.category() == pons::render::error_category() && code != errc::crashed && code != errc::out_of_time &&
           code != errc::bad_request && code != errc::out_of_memory && code != errc::unavailable;
}

/// Sends each instance through a worker. While one is written, another coroutine hands on the answer.
class one_after_another final : public upstream::part_sink {
public:
    one_after_another(executor on, pool& workers, job const& asked, instances_receiver& to)
        : workers_(workers), asked_(asked), to_(to), started_(on), answered_(on)
    {
    }

    awaitable<result<void>> begin(upstream::part_head const& head) override
    {
        passing_over_ = !to_.wants(head);
        if (passing_over_)
            co_return result<void>();
        // There is no deadline but the queue's own.
        auto taken = co_await workers_.acquire(time_point::max());
        if (!taken)
            co_return tl::unexpected(taken.error());
        worker_ = std::move(*taken);
        outcome_.reset();
        answered_.forget();
        auto const sent = co_await send_job(*worker_, asked_);
        started_.happen();
        co_return sent;
    }

    awaitable<result<void>> write(std::span<std::byte const> bytes) override
    {
        if (passing_over_)
            co_return result<void>();
        if (failed())
            co_return *outcome_;
        auto const sent = co_await send_bytes(*worker_, bytes);
        if (failed())
            co_return *outcome_;
        co_return sent;
    }

    awaitable<result<void>> end() override
    {
        if (passing_over_)
            co_return result<void>();
        auto const sent = co_await send_end(*worker_);
        co_await answered_.wait();
        if (!outcome_)
            co_return fail(upstream_errc::cancelled);
        if (sent && is_sound_after(*outcome_))
            worker_.done();
        worker_.give_back();
        if (failed())
            co_return *outcome_;
        co_return result<void>();
    }

    /// Runs beside the feed, until it is cancelled.
    awaitable<result<void>> answering()
    {
        co_await asio::this_coro::throw_if_cancelled(false);
        std::uint32_t parts = 0;
        for (;;) {
            co_await started_.wait();
            if (!started_.happened())
                co_return fail(upstream_errc::cancelled);
            started_.forget();
            auto const done = co_await take_answer(*worker_, to_, parts);
            // Nobody reads from it any more, so who writes to it must not wait.
            if (!is_sound_after(done))
                worker_->stop();
            outcome_ = done;
            answered_.happen();
        }
    }

    awaitable<result<void>> feeding(feed const& bring)
    {
        co_await asio::this_coro::throw_if_cancelled(false);
        auto const fed = co_await bring(*this);
        if (failed())
            co_return *outcome_;
        co_return fed;
    }

private:
    bool failed() const { return outcome_ && !*outcome_ && outcome_->error().code != errc::no_pixel_data; }

    pool& workers_;
    job const& asked_;
    instances_receiver& to_;
    happening started_;
    happening answered_;
    lease worker_;
    bool passing_over_ = false;
    std::optional<result<void>> outcome_;  // of the instance at hand, once the worker has answered
};

awaitable<result<void>> run_each_now(pool& workers, job const& asked, feed const& bring, instances_receiver& to)
{
    using asio::experimental::awaitable_operators::operator||;
    auto const on = co_await asio::this_coro::executor;
    one_after_another work(on, workers, asked, to);
    auto feeding = work.feeding(bring);
    auto answering = work.answering();
    auto both = std::move(feeding) || std::move(answering);
    auto const first = co_await std::move(both);
    bool const gone = co_await upstream::is_cancelled();
    if (gone)
        co_return fail(upstream_errc::cancelled);
    co_return std::visit([](auto const& r) -> result<void> { return r; }, first);
}

}  // namespace

awaitable<result<void>> renderer::run_each(job asked, feed bring, instances_receiver& to)
{
    auto const workers = pool_;
    auto work = run_each_now(*workers, asked, bring, to);
    auto done = co_await upstream::cancelled_as_value(std::move(work));
    co_return done;
}

}  // namespace pons::proxy::render
