#include "upstream/dimse/delivery.hpp"

#include "upstream/dimse/part10.hpp"

namespace pons::upstream::dimse {

// --- the threads that receive ------------------------------------------------------------------------------------

/// False when the retrieve is over, or becomes so because the coroutine has taken nothing for the stall budget.
template <class Condition>
bool delivery::wait(std::unique_lock<std::mutex>& lock, Condition const& until)
{
    auto seen = progress_;
    auto patience_ends = clock::now() + stall_;
    while (!over() && !until()) {
        ring();
        if (read_.wait_until(lock, patience_ends) == std::cv_status::timeout && progress_ == seen && !until()) {
            finish_locked(fail(errc::stalled, "retrieve"), false);
            interrupt_worker();
        }
        if (progress_ != seen) {
            seen = progress_;
            patience_ends = clock::now() + stall_;
        }
    }
    return !over();
}

bool delivery::begin(part_head const& head)
{
    auto known = head;
    auto const header = part10_header(known);
    known.data_set_offset = header.size();

    std::unique_lock lock(mutex_);
    if (!wait(lock, [&] { return !busy_; }))
        return false;
    busy_ = true;
    head_ = std::move(known);
    return append(lock, header);
}

bool delivery::write(std::span<std::byte const> bytes)
{
    std::unique_lock lock(mutex_);
    return append(lock, bytes);
}

bool delivery::append(std::unique_lock<std::mutex>& lock, std::span<std::byte const> bytes)
{
    while (!bytes.empty() && !over()) {
        bytes = ring_.append(bytes);
        if (bytes.empty())
            break;
        wants_room_ = true;
        wait(lock, [&] { return !ring_.full(); });
        wants_room_ = false;
    }
    if (over())
        return false;
    ring();
    return true;
}

result<void> delivery::end()
{
    std::unique_lock lock(mutex_);
    ending_instance_ = !over();
    wait(lock, [&] { return ended_instance_.has_value(); });
    if (!ended_instance_)
        return tl::unexpected(lost());
    auto how = std::move(*ended_instance_);
    ended_instance_.reset();
    busy_ = false;
    read_.notify_all();
    return how;
}

void delivery::abandon(failure why)
{
    std::scoped_lock const lock(mutex_);
    finish_locked(tl::unexpected(std::move(why)), false);
    interrupt_worker();
}

failure delivery::lost() const
{
    if (ending_ && !ending_->how)
        return ending_->how.error();
    return {errc::cancelled, "retrieve"};
}

// --- the worker --------------------------------------------------------------------------------------------------

void delivery::finish(result<retrieved> how, bool another_way)
{
    std::scoped_lock const lock(mutex_);
    finish_locked(std::move(how), another_way);
}

void delivery::finish_locked(result<retrieved> how, bool another_way)
{
    if (ending_)
        return;
    if (how && busy_ && !ended_instance_)  // an instance has begun and not ended
        how = fail(errc::incomplete, "retrieve");
    if (how)
        how->instances = instances_;
    ending_ = ending{std::move(how), another_way};
    ended();
    read_.notify_all();
    ring();
}

bool delivery::worth_draining() const
{
    std::scoped_lock const lock(mutex_);
    return !stopped_;
}

// --- the coroutine -----------------------------------------------------------------------------------------------

bool delivery::begun() const
{
    std::scoped_lock const lock(mutex_);
    return instances_ > 0 || busy_;
}

awaitable<std::optional<delivery::ending>> delivery::hand_on(part_sink& parts)
{
    auto const cancellation = co_await asio::this_coro::cancellation_state;
    while (cancellation.cancelled() == asio::cancellation_type::none) {
        enum class step { begin, write, end } next{};
        std::optional<part_head> head;
        std::span<std::byte const> bytes;
        {
            std::scoped_lock const lock(mutex_);
            if (ending_)
                co_return ending_;
            if (head_) {
                next = step::begin;
                head.swap(head_);
            } else if (ring_.blocks() > 0) {
                next = step::write;
                bytes = ring_.front();
            } else if (ending_instance_) {
                next = step::end;
            } else {
                rung();
                co_return std::nullopt;
            }
        }
        result<void> done;
        if (next == step::begin)
            done = co_await parts.begin(*head);
        else if (next == step::write)
            done = co_await parts.write(bytes);
        else
            done = co_await parts.end();

        std::unique_lock lock(mutex_);
        ++progress_;
        if (next == step::write)
            ring_.pop();
        if (next == step::end) {
            ending_instance_ = false;
            instances_ += done.has_value() ? 1 : 0;
            ended_instance_ = done;
        }
        // The other side is woken for what it waits for, and for room when there is some worth it.
        bool const wake = next == step::end || !done || (wants_room_ && ring_.blocks() <= blocks / 2);
        lock.unlock();
        if (wake)
            read_.notify_all();
        if (!done)
            co_return ending{tl::unexpected(std::move(done.error())), false};
    }
    co_return ending{fail(errc::cancelled, "retrieve"), false};
}

}  // namespace pons::upstream::dimse
