#include "proxy/render/renderer.hpp"

#include "proxy/render/exchange.hpp"
#include "proxy/render/pool.hpp"
#include "render/errc.hpp"
#include "upstream/cancelling.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace pons::proxy::render {

namespace {

using pons::render::errc;
using upstream_errc = upstream::errc;

/// Numbers the frames of an instance that has some of them only as they are numbered in the whole one.
class renumbered final : public part_receiver {
public:
    renumbered(std::vector<std::uint32_t> const& frames, part_receiver& to) : frames_(frames), to_(to) {}

    awaitable<result<void>> begin(part_info const& part) override
    {
        auto known = part;
        if (part.frame > frames_.size())
            co_return fail(errc::bad_request);
        if (part.frame != 0)
            known.frame = frames_[part.frame - 1];
        auto const begun = co_await to_.begin(known);
        co_return begun;
    }
    awaitable<result<void>> write(std::span<std::byte const> bytes) override { return to_.write(bytes); }
    awaitable<result<void>> end() override { return to_.end(); }

private:
    std::vector<std::uint32_t> const& frames_;
    part_receiver& to_;
};

/// The same job on an instance that holds the frames of `asked` and no others.
job of_extracted(job asked)
{
    std::iota(asked.frames.begin(), asked.frames.end(), 1u);
    asked.exact = true;
    return asked;
}

/// One job: the sink that the feed writes into, and what waits for the worker's answer at the same time.
class one_job final : public upstream::part_sink {
public:
    one_job(executor on, pool& workers, job const& asked, part_receiver& to, time_point deadline)
        : on_(on), workers_(workers), asked_(asked), to_(to), deadline_(deadline), started_(on), fed_(on), idle_(on)
    {
    }

    awaitable<result<void>> begin(upstream::part_head const& head) override
    {
        if (enough_)
            co_return fail(upstream_errc::cancelled);
        if (begun_) {
            ignored_ = true;
            co_return result<void>{};
        }
        begun_ = true;
        outcome.source = head;
        auto taken = co_await workers_.acquire(deadline_);
        if (!taken)
            co_return tl::unexpected(taken.error());
        worker_ = std::move(*taken);
        extracted_ = !head.frames.empty();
        if (extracted_ && head.frames != asked_.frames)
            co_return fail(upstream_errc::malformed, "other frames than were asked for");
        auto const work = extracted_ ? of_extracted(asked_) : asked_;
        auto const sent = co_await send_job(*worker_, work);
        started_.happen();
        co_return sent;
    }

    awaitable<result<void>> write(std::span<std::byte const> bytes) override
    {
        if (enough_)
            co_return fail(upstream_errc::cancelled);
        if (ignored_)
            co_return result<void>{};
        writing_ = true;
        auto const sent = co_await send_bytes(*worker_, bytes);
        writing_ = false;
        idle_.happen();
        co_return sent;
    }

    awaitable<result<void>> end() override
    {
        if (enough_)
            co_return fail(upstream_errc::cancelled);
        if (std::exchange(ignored_, false) || complete_)
            co_return result<void>{};
        writing_ = true;
        auto const sent = co_await send_end(*worker_);
        writing_ = false;
        complete_ = sent.has_value();
        idle_.happen();
        co_return sent;
    }

    /// Brings the instance, or these frames of it; ends only when that fails, else it waits to be ended.
    awaitable<result<void>> feeding(feed const& bring, std::vector<std::uint32_t> frames)
    {
        co_await asio::this_coro::throw_if_cancelled(false);
        auto brought = bring(*this, std::move(frames));
        auto const fed = co_await std::move(brought);
        if (fed && !begun_)
            co_return fail(upstream_errc::not_found);
        // When the worker has gone it knows why, and is asked.
        bool const worker_tells = started_.happened() && !fed && fed.error().code == errc::crashed;
        if (!fed && !worker_tells && !enough_ && !made_)
            co_return fed;
        if (fed && !complete_ && !enough_ && !made_)
            co_return fail(upstream_errc::aborted);
        fed_.happen();
        happening forever(on_);
        co_await forever.wait();
        co_return fail(upstream_errc::cancelled);
    }

    /// Hands on what the worker makes.
    awaitable<result<void>> answering()
    {
        co_await asio::this_coro::throw_if_cancelled(false);
        co_await started_.wait();
        if (!started_.happened())
            co_return fail(upstream_errc::cancelled);
        renumbered of_some(asked_.frames, to_);
        part_receiver& to = extracted_ ? static_cast<part_receiver&>(of_some) : to_;
        auto const done = co_await take_answer(*worker_, to, outcome.parts);
        bool const gone = co_await upstream::is_cancelled();
        if (gone)
            co_return fail(upstream_errc::cancelled);
        auto const& why = done ? std::error_code() : done.error().code;
        bool const lost = why == errc::crashed || why == errc::out_of_time || why == errc::bad_request;
        if (lost || (!done && why.category() != pons::render::error_category()))
            co_return done;
        // The worker is sound and passes over the rest. The archive may end in peace when it has sent all, or nearly.
        made_ = extracted_ && done;
        if (complete_ || made_) {
            co_await fed_.wait();
        } else {
            enough_ = true;
            while (writing_) {
                idle_.forget();
                co_await idle_.wait();
                bool const ended = co_await upstream::is_cancelled();
                if (ended)
                    co_return fail(upstream_errc::cancelled);
            }
        }
        sound_ = true;
        co_return done;
    }

    awaitable<result<void>> waiting()
    {
        co_await asio::this_coro::throw_if_cancelled(false);
        steady_timer timer(on_, deadline_);
        co_await timer.async_wait(as_tuple);
        co_return fail(errc::out_of_time);
    }

    /// After the others have ended: the worker goes back, when it can be used again.
    awaitable<void> tidy_up()
    {
        if (worker_ && sound_ && !worker_->broken()) {
            if (!complete_) {
                auto const sent = co_await send_end(*worker_);
                complete_ = sent.has_value();
            }
            if (complete_)
                worker_.done();
        }
        worker_.give_back();
    }

    /// Whether the instance has some of the frames only.
    bool extracted() const { return extracted_; }

    rendered outcome;

private:
    executor on_;
    pool& workers_;
    job const& asked_;
    part_receiver& to_;
    time_point deadline_;
    happening started_;
    happening fed_;
    happening idle_;
    lease worker_;
    bool begun_ = false;
    bool ignored_ = false;  // an instance that nobody asked for
    bool writing_ = false;
    bool complete_ = false;  // the worker has the whole instance
    bool enough_ = false;    // and needs no more of it
    bool sound_ = false;     // and can take another job
    bool extracted_ = false;
    bool made_ = false;  // all of its frames, so that what becomes of the rest is past caring
};

/// Failures that the whole instance may not have.
bool may_go_better(failure const& why)
{
    constexpr errc of_job[] = {errc::no_pixel_data, errc::no_such_frame, errc::malformed};
    constexpr upstream_errc of_feed[] = {upstream_errc::aborted, upstream_errc::malformed, upstream_errc::incomplete};
    auto const is = [&](auto code) { return why.code == code; };
    return std::ranges::any_of(of_job, is) || std::ranges::any_of(of_feed, is);
}

/// `in_vain` becomes true when frames without the others came, and nothing was made of them.
awaitable<result<rendered>> run_now(pool& workers, job const& asked, feed const& bring,
                                    std::vector<std::uint32_t> frames, part_receiver& to, time_point deadline,
                                    bool& in_vain)
{
    using asio::experimental::awaitable_operators::operator||;
    auto const on = co_await asio::this_coro::executor;
    one_job work(on, workers, asked, to, deadline);
    auto feeding = work.feeding(bring, std::move(frames));
    auto answering = work.answering();
    auto waiting = work.waiting();
    auto either = std::move(feeding) || std::move(answering);
    auto all = std::move(either) || std::move(waiting);
    auto const first = co_await std::move(all);
    bool const gone = co_await upstream::is_cancelled();
    if (gone)
        co_return fail(upstream_errc::cancelled);
    co_await work.tidy_up();
    auto const ended = std::visit([](auto const& r) -> result<void> { return r; }, first);
    in_vain = !ended && work.extracted() && work.outcome.parts == 0 && may_go_better(ended.error());
    if (!ended)
        co_return tl::unexpected(ended.error());
    co_return std::move(work.outcome);
}

}  // namespace

std::shared_ptr<upstream::budget> make_budget(settings const& how)
{
    config::limits limits;
    limits.associations = how.workers;
    limits.queue_length = how.queue_length;
    limits.queue = how.queue;
    return std::make_shared<upstream::budget>("rendering", limits);
}

feed from_archive(upstream::archive& source, upstream::retrieve_request request, time_point deadline)
{
    return [&source, request = std::move(request), deadline](upstream::part_sink& to, feed::frame_list frames) {
        auto wanted = request;
        if (!request.sop_instance_uid.empty())
            wanted.frames = std::move(frames);
        return [](upstream::archive& from, upstream::retrieve_request what, upstream::part_sink& into,
                  time_point until) -> awaitable<result<void>> {
            auto const got = co_await from.retrieve(what, into, until);
            if (!got)
                co_return tl::unexpected(got.error());
            co_return result<void>{};
        }(source, std::move(wanted), to, deadline);
    };
}

renderer::renderer(executor on, settings how, std::shared_ptr<upstream::budget> budget)
    : pool_(std::make_shared<pool>(std::move(on), std::move(how), std::move(budget)))
{
}

renderer::~renderer() = default;

awaitable<result<rendered>> renderer::run(job asked, feed bring, part_receiver& to, time_point deadline)
{
    auto const workers = pool_;
    bool in_vain = false;
    auto work = run_now(*workers, asked, bring, asked.frames, to, deadline, in_vain);
    auto done = co_await upstream::cancelled_as_value(std::move(work));
    if (!in_vain)
        co_return done;
    auto whole = run_now(*workers, asked, bring, feed::frame_list(), to, deadline, in_vain);
    auto again = co_await upstream::cancelled_as_value(std::move(whole));
    co_return again;
}

std::vector<int> renderer::workers() const
{
    return pool_->workers();
}

}  // namespace pons::proxy::render
