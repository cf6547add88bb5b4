#include "upstream/budget.hpp"

#include "upstream/cancelling.hpp"
#include "upstream/errc.hpp"

#include <algorithm>

namespace pons::upstream {

/// One who waits. `timer` belongs to the thread of `wakes_on` and is null once the wait is over; the rest is guarded by
/// the budget's mutex.
struct budget::waiter {
    executor wakes_on;
    steady_timer* timer = nullptr;
    bool granted = false;
};

/// A place in the queue, given up when it goes, with the permit if one came meanwhile.
struct budget::place {
    std::shared_ptr<budget> of;
    std::shared_ptr<waiter> who;

    place(std::shared_ptr<budget> of_, std::shared_ptr<waiter> who_) : of(std::move(of_)), who(std::move(who_)) {}
    place(place const&) = delete;
    place& operator=(place const&) = delete;

    ~place() { leave(); }

    /// Whether a permit was granted, which is now the caller's to give back.
    bool leave_granted()
    {
        if (!who)
            return false;
        who->timer = nullptr;
        std::lock_guard const lock(of->mutex_);
        if (!who->granted)
            of->queue_.remove(who);
        return std::exchange(who, nullptr)->granted;
    }

    void leave()
    {
        if (leave_granted())
            of->give_back(clock::duration::zero());
    }
};

void permit::release()
{
    if (auto const from = std::exchange(from_, nullptr))
        from->give_back(clock::now() - since_);
}

budget::budget(std::string name, config::limits const& limits)
    : name_(std::move(name)),
      slots_(std::max(limits.associations, 1u)),
      queue_length_(limits.queue_length),
      patience_(limits.queue)
{
}

awaitable<result<permit>> budget::acquire(time_point deadline)
{
    auto const here = co_await asio::this_coro::executor;
    auto const who = std::make_shared<waiter>(waiter{.wakes_on = here});
    steady_timer timer(here);
    {
        std::lock_guard const lock(mutex_);
        if (in_use_ < slots_ && queue_.empty()) {
            ++in_use_;
            co_return permit(shared_from_this());
        }
        if (queue_.size() >= queue_length_)
            co_return fail(errc::overloaded, "source " + name_ + ": the queue is full", retry_after());
        who->timer = &timer;
        queue_.push_back(who);
    }
    place mine(shared_from_this(), who);
    auto const patience_ends = clock::now() + patience_;
    timer.expires_at(std::min(deadline, patience_ends));
    // Granted before the wait has begun: the wake-up is posted to this executor, so it comes after.
    auto const [ended] = co_await timer.async_wait(as_tuple);
    static_cast<void>(ended);

    bool const gone = co_await is_cancelled();
    if (gone)
        co_return fail(errc::cancelled, "source " + name_);
    if (mine.leave_granted())
        co_return permit(shared_from_this());
    if (deadline <= patience_ends)
        co_return fail(errc::timed_out, "source " + name_ + ": waiting for a connection");
    std::lock_guard const lock(mutex_);
    co_return fail(errc::overloaded, "source " + name_ + ": the queue is too slow", retry_after());
}

std::uint32_t budget::in_use() const
{
    std::lock_guard const lock(mutex_);
    return in_use_;
}

std::uint32_t budget::waiting() const
{
    std::lock_guard const lock(mutex_);
    return static_cast<std::uint32_t>(queue_.size());
}

void budget::give_back(clock::duration held)
{
    std::shared_ptr<waiter> next;
    {
        std::lock_guard const lock(mutex_);
        if (held > clock::duration::zero())
            usual_hold_ += (held - usual_hold_) / 8;
        if (queue_.empty()) {
            --in_use_;
            return;
        }
        next = std::move(queue_.front());
        queue_.pop_front();
        next->granted = true;
    }
    asio::post(next->wakes_on, [next] {
        if (next->timer)
            next->timer->cancel();
    });
}

std::chrono::seconds budget::retry_after() const
{
    auto const ahead = usual_hold_ * (queue_.size() + 1) / slots_;
    return std::clamp(std::chrono::ceil<std::chrono::seconds>(ahead), std::chrono::seconds(1),
                      std::chrono::seconds(60));
}

}  // namespace pons::upstream
