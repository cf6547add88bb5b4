#include "upstream/dimse/association_pool.hpp"

#include "upstream/dimse/exchange.hpp"
#include "upstream/dimse/opening.hpp"
#include "upstream/dimse/wire/toolkit.hpp"
#include "upstream/dimse/wire/uids.hpp"

#include <algorithm>
#include <system_error>

namespace pons::upstream::dimse {

namespace {

using namespace std::chrono_literals;

constexpr auto release_time = 200ms;

/// Whether it is one for queries; what stores leave behind is not.
bool may_ask(std::optional<association> const& line)
{
    return line && line->usable() && line->context(uids::study_root_find) != nullptr;
}

}  // namespace

association_pool::association_pool(config::source const& source, std::function<bool()> wanted)
    : source_(source), wanted_(std::move(wanted)), proposals_(proposals(source)), way_(source.retrieve)
{
    set_up_dcmtk();
}

association_pool::~association_pool()
{
    std::deque<std::shared_ptr<errand>> waiting;
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
        what->give_up({make_error_code(errc::cancelled), "source " + source_.name});
    workers_.clear();  // joins
}

failure association_pool::overloaded() const
{
    // A quarter of the time in the queue: by then a good part of it has been served.
    auto const later = std::chrono::ceil<std::chrono::seconds>(source_.limits.queue / 4);
    return {errc::overloaded, "source " + source_.name, std::max(later, 1s)};
}

result<void> association_pool::submit(std::shared_ptr<errand> what)
{
    std::scoped_lock const lock(mutex_);
    if (closing_)
        return fail(errc::cancelled, "source " + source_.name);
    auto const now = may_begin(*what);
    if (now && !idle_.empty()) {
        auto const suited = std::ranges::find_if(idle_.rbegin(), idle_.rend(),
                                                 [&](worker const* w) { return w->connected != what->long_lasting(); });
        auto const at = suited != idle_.rend() ? std::prev(suited.base()) : std::prev(idle_.end());
        auto& w = **at;
        idle_.erase(at);
        begins(*what);
        w.running = std::move(what);
        w.bell.request();
        return {};
    }
    if (now && workers_.size() < std::max(source_.limits.associations, 1U) && start_worker(what))
        return {};
    if (workers_.empty() || queue_.size() >= source_.limits.queue_length)
        return tl::unexpected(overloaded());
    queue_.push_back(std::move(what));
    return {};
}

bool association_pool::withdraw(errand const& what)
{
    std::scoped_lock const lock(mutex_);
    return std::erase_if(queue_, [&](auto const& waiting) { return waiting.get() == &what; }) > 0;
}

// With the lock held, as is the next.
bool association_pool::may_begin(errand const& what) const
{
    return !what.long_lasting() || long_lasting_ + 1 < std::max(source_.limits.associations, 2U);
}

void association_pool::begins(errand const& what)
{
    if (what.long_lasting())
        ++long_lasting_;
}

/// False when the system has no more threads or descriptors.
bool association_pool::start_worker(std::shared_ptr<errand> const& what)
{
    std::list<worker> made;
    try {
        auto& w = made.emplace_back();
        w.running = what;
        w.thread = std::jthread([this, &w, what] { serve(w, what); });
    } catch (std::system_error const&) {
        return false;
    }
    begins(*what);
    workers_.splice(workers_.end(), made);
    return true;
}

void association_pool::serve(worker& me, std::shared_ptr<errand> what)
{
    std::optional<association> line;
    workbench bench{source_, proposals_, line, me.bell};
    for (; what; what = next(me, line)) {
        if (what->attach(me.bell))
            what->work(bench);
        what->detach();
        if (line && is_used_up(*line, source_)) {
            line->release({clock::now() + release_time});
            line.reset();
        }
    }
    if (line)
        line->release({clock::now() + release_time});
}

/// False when there is something else to do: `running`, the errand that has waited longest, or, when that is null,
/// to end.
bool association_pool::become_idle(worker& me, bool connected)
{
    std::scoped_lock const lock(mutex_);
    if (me.running && me.running->long_lasting())
        --long_lasting_;
    me.running = nullptr;
    me.connected = connected;
    if (closing_)
        return false;
    me.bell.reset();
    auto const first = std::ranges::find_if(queue_, [&](auto const& waiting) { return may_begin(*waiting); });
    if (first == queue_.end()) {
        idle_.push_back(&me);
        return true;
    }
    me.running = std::move(*first);
    queue_.erase(first);
    begins(*me.running);
    return false;
}

void association_pool::let_go()
{
    std::scoped_lock const lock(mutex_);
    for (auto* const w : idle_)
        w->bell.request();
}

/// Asked when it is idle: who says that it is not wanted says so before he lets all go.
void association_pool::release_unwanted(worker& me, std::optional<association>& line)
{
    if (!line || wanted_())
        return;
    line->release({clock::now() + release_time, &me.bell});
    line.reset();
    std::scoped_lock const lock(mutex_);
    me.connected = false;
}

/// Waits for the next errand, and watches the idle association meanwhile. Null: the pool closes.
std::shared_ptr<errand> association_pool::next(worker& me, std::optional<association>& line)
{
    if (!become_idle(me, may_ask(line)))
        return me.running;
    auto const idle_until = clock::now() + source_.timeouts.idle;
    for (;;) {
        release_unwanted(me, line);
        patience const how_long{line ? idle_until : time_point::max(), &me.bell};
        auto const came = line ? line->await_input(how_long) : wait_for(-1, 0, how_long);
        if (came == readiness::expired)
            line->release({clock::now() + release_time, &me.bell});
        if (came != readiness::interrupted)
            line.reset();

        std::scoped_lock const lock(mutex_);
        me.connected = may_ask(line);
        if (closing_)
            return nullptr;
        // Whatever ended the wait: an operation may have rung meanwhile, which must not look like its own end.
        me.bell.reset();
        if (me.running)
            return me.running;
    }
}

}  // namespace pons::upstream::dimse
