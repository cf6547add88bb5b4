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

constexpr char explicit_vr_little_endian[] = "1.2.840.10008.1.2.1";

/// The worker's answer as an instance.
class as_instance final : public part_receiver {
public:
    explicit as_instance(upstream::part_sink& next) : next_(next) {}

    awaitable<result<void>> begin(part_info const& part) override
    {
        upstream::part_head head;
        head.sop_class_uid = part.sop_class_uid;
        head.sop_instance_uid = part.sop_instance_uid;
        head.transfer_syntax_uid = part.transfer_syntax_uid;
        head.data_set_offset = static_cast<std::size_t>(part.data_set_offset);
        auto const begun = co_await next_.begin(head);
        co_return begun;
    }
    awaitable<result<void>> write(std::span<std::byte const> bytes) override { return next_.write(bytes); }
    awaitable<result<void>> end() override { return next_.end(); }

private:
    upstream::part_sink& next_;
};

/// Sends each instance through a worker, or on as it is. While one is written, another coroutine hands on the answer.
class transcoding final : public upstream::part_sink {
public:
    transcoding(executor on, pool& workers, upstream::part_sink& next,
                std::function<bool(std::string_view)> const& as_stored)
        : workers_(workers), next_(next), as_stored_(as_stored), started_(on), answered_(on)
    {
    }

    awaitable<result<void>> begin(upstream::part_head const& head) override
    {
        as_it_is_ = head.transfer_syntax_uid == explicit_vr_little_endian ||
                    (as_stored_ && as_stored_(head.transfer_syntax_uid));
        if (as_it_is_) {
            auto const begun = co_await next_.begin(head);
            co_return begun;
        }
        // There is no deadline but the queue's own.
        auto taken = co_await workers_.acquire(time_point::max());
        if (!taken)
            co_return tl::unexpected(taken.error());
        worker_ = std::move(*taken);
        outcome_.reset();
        answered_.forget();
        job asked;
        asked.kind = pons::render::job_kind::transcode;
        auto const sent = co_await send_job(*worker_, asked);
        started_.happen();
        co_return sent;
    }

    awaitable<result<void>> write(std::span<std::byte const> bytes) override
    {
        if (as_it_is_) {
            auto const written = co_await next_.write(bytes);
            co_return written;
        }
        if (failed())
            co_return *outcome_;
        auto const sent = co_await send_bytes(*worker_, bytes);
        if (failed())
            co_return *outcome_;
        co_return sent;
    }

    awaitable<result<void>> end() override
    {
        if (as_it_is_) {
            auto const ended = co_await next_.end();
            co_return ended;
        }
        auto const sent = co_await send_end(*worker_);
        co_await answered_.wait();
        if (!outcome_)
            co_return fail(upstream_errc::cancelled);
        if (sent && *outcome_)
            worker_.done();
        worker_.give_back();
        co_return *outcome_;
    }

    /// Runs beside the feed, until it is cancelled.
    awaitable<result<void>> answering()
    {
        co_await asio::this_coro::throw_if_cancelled(false);
        as_instance receiver(next_);
        std::uint32_t parts = 0;
        for (;;) {
            co_await started_.wait();
            if (!started_.happened())
                co_return fail(upstream_errc::cancelled);
            started_.forget();
            auto const done = co_await take_answer(*worker_, receiver, parts);
            // Nobody reads from it any more, so who writes to it must not wait.
            if (!done)
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
    bool failed() const { return outcome_ && !*outcome_; }

    pool& workers_;
    upstream::part_sink& next_;
    std::function<bool(std::string_view)> const& as_stored_;
    happening started_;
    happening answered_;
    lease worker_;
    bool as_it_is_ = false;
    std::optional<result<void>> outcome_;  // of the instance at hand, once the worker has answered
};

awaitable<result<void>> transcode_now(pool& workers, feed const& bring, upstream::part_sink& next,
                                      std::function<bool(std::string_view)> const& as_stored)
{
    using asio::experimental::awaitable_operators::operator||;
    auto const on = co_await asio::this_coro::executor;
    transcoding work(on, workers, next, as_stored);
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

awaitable<result<void>> renderer::transcode(feed bring, upstream::part_sink& next,
                                            std::function<bool(std::string_view)> as_stored)
{
    auto const workers = pool_;
    auto work = transcode_now(*workers, bring, next, as_stored);
    auto done = co_await upstream::cancelled_as_value(std::move(work));
    co_return done;
}

}  // namespace pons::proxy::render
