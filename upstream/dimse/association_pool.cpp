#include "upstream/dimse/association_pool.hpp"

#include "upstream/dimse/wire/toolkit.hpp"

#include <poll.h>

#include <algorithm>
#include <random>
#include <system_error>

namespace pons::upstream::dimse {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto release_time = 200ms;
constexpr auto first_retry = 100ms;
constexpr auto longest_retry = 2s;

/// Half to all of `longest`, so that several of us do not come back at the same moment.
milliseconds jittered(milliseconds longest)
{
    thread_local std::minstd_rand random{std::random_device{}()};
    return milliseconds(std::uniform_int_distribution<milliseconds::rep>(longest.count() / 2, longest.count())(random));
}

}  // namespace

association_pool::association_pool(config::source const& source) : source_(source), proposals_(proposals(source))
{
    set_up_dcmtk();
}

association_pool::~association_pool()
{
    std::deque<std::shared_ptr<operation>> waiting;
    {
        std::scoped_lock const lock(mutex_);
        closing_ = true;
        waiting.swap(queue_);
        for (auto& w : workers_) {
            if (w.running)
                w.running->stop();
            w.bell.request();
        }
    }
    for (auto const& what : waiting)
        what->end(fail(errc::cancelled, "source " + source_.name));
    workers_.clear();  // joins
}

failure association_pool::overloaded() const
{
    // A quarter of the time in the queue: by then a good part of it has been served.
    auto const later = std::chrono::ceil<std::chrono::seconds>(source_.limits.queue / 4);
    return {errc::overloaded, "source " + source_.name, std::max(later, 1s)};
}

result<void> association_pool::submit(std::shared_ptr<operation> what)
{
    std::scoped_lock const lock(mutex_);
    if (closing_)
        return fail(errc::cancelled, "source " + source_.name);
    if (!idle_.empty()) {
        auto const connected = std::ranges::find_if(idle_.rbegin(), idle_.rend(), &worker::connected);
        auto const at = connected != idle_.rend() ? std::prev(connected.base()) : std::prev(idle_.end());
        auto& w = **at;
        idle_.erase(at);
        w.running = std::move(what);
        w.bell.request();
        return {};
    }
    if (workers_.size() < std::max(source_.limits.associations, 1U) && start_worker(what))
        return {};
    if (workers_.empty() || queue_.size() >= source_.limits.queue_length)
        return tl::unexpected(overloaded());
    queue_.push_back(std::move(what));
    return {};
}

bool association_pool::withdraw(operation const& what)
{
    std::scoped_lock const lock(mutex_);
    return std::erase_if(queue_, [&](auto const& waiting) { return waiting.get() == &what; }) > 0;
}

/// False when the system has no more threads or descriptors.
bool association_pool::start_worker(std::shared_ptr<operation> const& what)
{
    std::list<worker> made;
    try {
        auto& w = made.emplace_back();
        w.running = what;
        w.thread = std::jthread([this, &w, what] { serve(w, what); });
    } catch (std::system_error const&) {
        return false;
    }
    workers_.splice(workers_.end(), made);
    return true;
}

void association_pool::serve(worker& me, std::shared_ptr<operation> what)
{
    std::optional<association> line;
    for (; what; what = next(me, line)) {
        if (what->attach(me.bell))
            run(*what, line, me.bell);
        what->detach();
    }
    if (line)
        line->release({clock::now() + release_time});
}

/// False when there is something else to do: `running`, the operation that has waited longest, or, when that is null,
/// to end.
bool association_pool::become_idle(worker& me, bool connected)
{
    std::scoped_lock const lock(mutex_);
    me.running = nullptr;
    me.connected = connected;
    if (closing_)
        return false;
    me.bell.reset();
    if (queue_.empty()) {
        idle_.push_back(&me);
        return true;
    }
    me.running = std::move(queue_.front());
    queue_.pop_front();
    return false;
}

/// Waits for the next operation, and watches the idle association meanwhile. Null: the pool closes.
std::shared_ptr<operation> association_pool::next(worker& me, std::optional<association>& line)
{
    if (!become_idle(me, line.has_value()))
        return me.running;
    auto const idle_until = clock::now() + source_.timeouts.idle;
    for (;;) {
        patience const how_long{line ? idle_until : time_point::max(), &me.bell};
        auto const came = wait_for(line ? line->fd() : -1, POLLIN, how_long);
        if (came == readiness::expired)
            line->release({clock::now() + release_time, &me.bell});
        if (came != readiness::interrupted)
            line.reset();

        std::scoped_lock const lock(mutex_);
        me.connected = line.has_value();
        if (closing_)
            return nullptr;
        // Whatever ended the wait: an operation may have rung meanwhile, which must not look like its own end.
        me.bell.reset();
        if (me.running)
            return me.running;
    }
}

void association_pool::run(operation& what, std::optional<association>& line, interruption& by)
{
    for (bool reused = line.has_value();; reused = false) {
        if (!line) {
            auto opened = open(what, by);
            if (!opened)
                return what.end(tl::unexpected(opened.error()));
            line = std::move(*opened);
        }
        auto const after = what.find() ? c_find(*line, *what.find(), source_, what, what.deadline(), by)
                                       : c_echo(*line, source_, what, what.deadline(), by);
        if (!after.in_step || !line->usable() || line->buffered())  // nothing may come after the final response
            line.reset();
        if (!after.unanswered)
            return;
        // A peer may drop an idle association at the moment at which we use it: once more, on a fresh one.
        if (!reused)
            return what.end(tl::unexpected(after.why));
    }
}

/// Tries again as long as the archive rejects us for now, within the deadline.
result<association> association_pool::open(operation const& what, interruption& by)
{
    auto const until = std::min(what.deadline(), clock::now() + source_.timeouts.association);
    for (milliseconds delay = first_retry;; delay = std::min<milliseconds>(2 * delay, longest_retry)) {
        auto opened = open_association(source_, proposals_, {what.deadline(), &by});
        if (opened)
            return std::move(*opened);
        auto& refused = opened.error();
        auto const again = clock::now() + jittered(delay);
        if (!refused.transient || again >= until) {
            refused.why.where = "source " + source_.name + ", " + refused.why.where;
            if (refused.transient)
                refused.why.retry_after = std::chrono::ceil<std::chrono::seconds>(longest_retry);
            return tl::unexpected(std::move(refused.why));
        }
        if (wait_for(-1, 0, {again, &by}) == readiness::interrupted)
            return fail(errc::cancelled, "source " + source_.name);
    }
}

}  // namespace pons::upstream::dimse
