#include "proxy/render/shared_passes.hpp"

#include "proxy/render/shared_pass_parts.hpp"
#include "render/errc.hpp"
#include "upstream/cancelling.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace pons::proxy::render {

namespace {

using pons::render::errc;
using pons::render::image_format;
using pons::render::job_kind;
using upstream_errc = upstream::errc;

/// Whether a job makes one part, which may be made along with others.
bool makes_one_part(job const& asked)
{
    if (asked.kind == job_kind::frames)
        return asked.frames.size() == 1;
    return asked.kind == job_kind::render && asked.format != image_format::gif && asked.frames.size() <= 1;
}

/// Whether a failure is that of the instance or of its archive, whichever frame is asked for.
bool concerns_all(failure const& why)
{
    return why.code.category() != pons::render::error_category() || why.code == errc::not_acceptable ||
           why.code == errc::unsupported_syntax || why.code == errc::no_pixel_data || why.code == errc::out_of_time;
}

}  // namespace

/// A pass that runs, for as long as this lives.
class shared_passes::running {
public:
    /// `counted`: it was when the turn was given.
    running(shared_passes& self, std::shared_ptr<lane> at, bool counted) : self_(self), at_(std::move(at))
    {
        at_->running += counted ? 0 : 1;
    }
    running(running const&) = delete;
    running& operator=(running const&) = delete;
    ~running() { self_.ended(*at_, 1); }

private:
    shared_passes& self_;
    std::shared_ptr<lane> at_;
};

shared_passes::shared_passes(executor on, runner run, sharing most)
    : on_(std::move(on)), run_(std::move(run)), most_(most)
{
}

shared_passes::~shared_passes() = default;

awaitable<result<void>> shared_passes::run(upstream::archive const& from, upstream::retrieve_request const& instance,
                                           job asked, feed bring, part_receiver& to, time_point deadline)
{
    if (instance.sop_instance_uid.empty() || !makes_one_part(asked)) {
        auto alone = run_(std::move(asked), std::move(bring), to, deadline);
        result<void> done = co_await std::move(alone);
        co_return done;
    }
    auto at = lane_of(from, instance, asked);
    auto work = run_or_join(std::move(at), std::move(asked), std::move(bring), to, deadline);
    result<void> done = co_await upstream::cancelled_as_value(std::move(work));
    co_return done;
}

std::shared_ptr<shared_passes::lane> shared_passes::lane_of(upstream::archive const& from,
                                                            upstream::retrieve_request const& instance,
                                                            job const& asked)
{
    auto const now = clock::now();
    std::erase_if(lanes_, [&](auto const& l) { return l->running == 0 && !l->next && now >= l->quiet_at; });
    auto key = asked;
    key.frames.clear();
    bool const of_frames = !asked.frames.empty();
    for (auto const& one : lanes_)
        if (one->from == &from && one->instance == instance && one->of_frames == of_frames && one->asked == key)
            return one;
    lanes_.push_back(std::make_shared<lane>(lane{&from, instance, std::move(key), of_frames}));
    return lanes_.back();
}

awaitable<result<void>> shared_passes::run_or_join(std::shared_ptr<lane> at, job asked, feed bring, part_receiver& to,
                                                   time_point deadline)
{
    using turn = client::turn;
    auto what = turn::runs_first;
    std::shared_ptr<frame const> held;
    bool const is_free = at->running == 0 && !at->next && clock::now() >= at->quiet_at;
    if (!is_free) {
        client me{.wanted = asked.frames.empty() ? 0 : asked.frames.front(),
                  .bring = bring,
                  .deadline = deadline,
                  .woken = steady_timer(on_)};
        auto const in = enter(at, me);
        result<void> const waited = co_await wait_for_turn(in, me);
        if (!waited)
            co_return waited;
        if (me.what == turn::has_frame) {
            result<void> given = co_await to.begin(me.held->info);
            if (given)
                given = co_await to.write(me.held->bytes);
            if (given)
                given = co_await to.end();
            me.held.reset();
            co_await leave(in, me, false);
            co_return given;
        }
        co_await leave(in, me, false);
        if (me.what == turn::fails)
            co_return tl::unexpected(std::move(me.why));
        what = me.what;
    }
    if (what == turn::runs_alone) {
        auto alone = run_(std::move(asked), std::move(bring), to, deadline);
        result<void> done = co_await std::move(alone);
        co_return done;
    }
    running const first(*this, at, !is_free);
    auto alone = run_(std::move(asked), std::move(bring), to, deadline);
    result<void> done = co_await std::move(alone);
    co_return done;
}

std::shared_ptr<shared_passes::pass> shared_passes::enter(std::shared_ptr<lane> const& at, client& me)
{
    if (!at->next)
        at->next = std::make_shared<pass>(at, on_, at->running == 0 ? at->quiet_at : clock::now() + most_.patience);
    auto const in = at->next;
    in->clients.push_back(&me);
    bool const all_are_here = at->running == 0 && in->clients.size() >= at->expected;
    if (all_are_here || in->clients.size() >= most_.clients)
        start(in);
    return in;
}

/// Waits until it is known what becomes of `me`; on a failure it has left.
awaitable<result<void>> shared_passes::wait_for_turn(std::shared_ptr<pass> in, client& me)
{
    while (me.what == client::turn::waits) {
        me.woken.expires_at(in->started ? me.deadline : std::min(me.deadline, in->start_by));
        static_cast<void>(co_await me.woken.async_wait(as_tuple));
        bool const gone = co_await upstream::is_cancelled();
        auto const now = clock::now();
        bool const late = me.what == client::turn::waits && now >= me.deadline;
        if (gone || late) {
            co_await leave(in, me, true);
            if (me.what == client::turn::runs_first)
                ended(*in->of, 0);
            co_return gone ? fail(upstream_errc::cancelled) : fail(errc::out_of_time);
        }
        if (!in->started && now >= in->start_by)
            start(in);
    }
    co_return result<void>();
}

/// A pass that runs is not left by the last of its clients: somebody must wait for it to end.
awaitable<void> shared_passes::leave(std::shared_ptr<pass> from, client& me, bool gone)
{
    if (gone && me.what == client::turn::waits)
        me.what = client::turn::fails;
    for (;;) {
        bool const nobody_waits = gone && !from->is_waited_for();
        if (from->runs && nobody_waits)
            from->cancel.emit(asio::cancellation_type::terminal);
        if (!from->runs || from->clients.size() > 1)
            break;
        static_cast<void>(co_await from->over.async_wait(as_tuple));
        gone = co_await upstream::is_cancelled();
    }
    std::erase(from->clients, &me);
    if (!from->started && from->clients.empty() && from->of->next == from)
        from->of->next.reset();
}

void shared_passes::start(std::shared_ptr<pass> const& now)
{
    auto& at = *now->of;
    if (at.next == now)
        at.next.reset();
    now->started = true;
    ++at.running;
    if (now->clients.size() == 1) {
        now->clients.front()->wake(client::turn::runs_first);
        return;
    }
    now->runs = true;
    for (auto* const one : now->clients)
        one->woken.cancel();  // what it waits for has changed
    auto over = [this, now](std::exception_ptr failed, result<void> done) {
        for (auto* const one : now->clients) {
            if (one->what != client::turn::waits)
                continue;
            if (failed)
                one->why = fail(upstream_errc::aborted, "a pass over an instance").value();
            else if (!done)
                one->why = done.error();
            bool const fails = failed || (!done && concerns_all(done.error()));
            one->wake(fails ? client::turn::fails : client::turn::runs_alone);
        }
        now->runs = false;
        now->over.cancel();
        ended(*now->of, now->served);
    };
    asio::co_spawn(on_, run_pass(*this, now), asio::bind_cancellation_slot(now->cancel.slot(), std::move(over)));
}

awaitable<result<void>> shared_passes::run_pass(shared_passes& self, std::shared_ptr<pass> now)
{
    co_await asio::this_coro::throw_if_cancelled(false);
    auto asked = now->of->asked;
    auto const* longest = now->clients.front();
    for (auto const* one : now->clients) {
        if (one->wanted != 0)
            asked.frames.push_back(one->wanted);
        if (one->deadline > longest->deadline)
            longest = one;
    }
    std::ranges::sort(asked.frames);
    auto const same = std::ranges::unique(asked.frames);
    asked.frames.erase(same.begin(), same.end());
    auto bring = longest->bring;
    auto const deadline = longest->deadline;
    distributor each(*now, self.held_, self.most_.held);
    auto work = self.run_(std::move(asked), std::move(bring), each, deadline);
    result<void> done = co_await std::move(work);
    co_return done;
}

/// One of those that ran has ended.
void shared_passes::ended(lane& at, std::size_t served)
{
    if (--at.running != 0)
        return;
    auto const next = at.next;
    if (served < 2) {
        if (next)
            start(next);
        return;
    }
    // Those that got a frame ask for the next one at once.
    at.quiet_at = clock::now() + most_.coming_back;
    at.expected = served + (next ? next->clients.size() : 0);
    if (!next)
        return;
    next->start_by = at.quiet_at;
    for (auto* const one : next->clients)
        one->woken.cancel();
}

namespace {

awaitable<result<void>> run_one(std::shared_ptr<renderer> with, job asked, feed bring, part_receiver& to,
                                time_point deadline)
{
    auto work = with->run(std::move(asked), std::move(bring), to, deadline);
    result<rendered> const done = co_await std::move(work);
    if (!done)
        co_return tl::unexpected(done.error());
    co_return result<void>();
}

}  // namespace

shared_passes::runner run_with(std::shared_ptr<renderer> with)
{
    return [with = std::move(with)](job asked, feed bring, part_receiver& to, time_point deadline) {
        return run_one(with, std::move(asked), std::move(bring), to, deadline);
    };
}

}  // namespace pons::proxy::render
