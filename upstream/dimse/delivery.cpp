#include "upstream/dimse/delivery.hpp"

#include "upstream/dimse/part10.hpp"

#include <algorithm>
#include <cstring>

namespace pons::upstream::dimse {

namespace {

constexpr std::size_t block = 256 * 1024;  // is worth waking the coroutine, and is the most that it hands on at once
constexpr std::size_t worth_a_read = 64 * 1024;  // of room
constexpr auto patience_for_block = std::chrono::milliseconds(5);

}  // namespace

// --- the threads that receive ------------------------------------------------------------------------------------

/// False when the retrieve is over, or becomes so because the coroutine has taken nothing for the stall budget.
template <class Condition>
bool delivery::wait(std::unique_lock<std::mutex>& lock, Condition const& until)
{
    auto seen = progress_;
    auto patience_ends = clock::now() + stall_;
    while (!over() && !until()) {
        if (must_tell()) {
            lock.unlock();
            tell();
            lock.lock();
            continue;
        }
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
    auto const taken = append(lock, header);
    tell_of_block(lock);
    return taken;
}

bool delivery::write(std::span<std::byte const> bytes)
{
    std::unique_lock lock(mutex_);
    auto const taken = append(lock, bytes);
    tell_of_block(lock);
    return taken;
}

std::span<std::byte> delivery::room()
{
    std::unique_lock lock(mutex_);
    return room(lock);
}

bool delivery::wrote(std::size_t size)
{
    std::unique_lock lock(mutex_);
    ring_.wrote(size);
    auto const taken = !over();
    tell_of_block(lock);
    return taken;
}

/// Enough to be worth a read; none when the retrieve is over.
std::span<std::byte> delivery::room(std::unique_lock<std::mutex>& lock)
{
    auto const enough = [&] { return ring_.capacity() - ring_.size() >= worth_a_read; };
    wants_room_ = !enough();
    auto const there = wait(lock, enough);
    wants_room_ = false;
    return there ? ring_.room() : std::span<std::byte>();
}

/// The bytes are copied without the lock, which the coroutine wants meanwhile.
bool delivery::append(std::unique_lock<std::mutex>& lock, std::span<std::byte const> bytes)
{
    while (!bytes.empty()) {
        auto const into = room(lock);
        auto const size = std::min(into.size(), bytes.size());
        if (into.empty())
            return false;
        lock.unlock();
        std::memcpy(into.data(), bytes.data(), size);
        lock.lock();
        ring_.wrote(size);
        bytes = bytes.subspan(size);
    }
    return !over();
}

/// Lets the lock go.
void delivery::tell_of_block(std::unique_lock<std::mutex>& lock)
{
    auto const due = (!flowing_ || ring_.size() >= block) && must_tell();
    lock.unlock();
    if (due)
        tell();
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

time_point delivery::look_again() const
{
    std::scoped_lock const lock(mutex_);
    return flowing_ ? clock::now() + patience_for_block : time_point::max();
}

awaitable<std::optional<delivery::ending>> delivery::hand_on(part_sink& parts)
{
    auto const cancellation = co_await asio::this_coro::cancellation_state;
    bool moved = false;
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
            } else if (ring_.size() > 0) {
                next = step::write;
                bytes = ring_.front(block);
            } else if (ending_instance_) {
                next = step::end;
            } else {
                rung();
                flowing_ = moved;
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
        moved = true;
        if (next == step::write)
            ring_.took(bytes.size());
        if (next == step::end) {
            ending_instance_ = false;
            instances_ += done.has_value() ? 1 : 0;
            ended_instance_ = done;
        }
        // The other side is woken for what it waits for, and for room when there is some worth it.
        bool const wake = next == step::end || !done || (wants_room_ && ring_.size() <= ring_.capacity() / 2);
        lock.unlock();
        if (wake)
            read_.notify_all();
        if (!done)
            co_return ending{tl::unexpected(std::move(done.error())), false};
    }
    co_return ending{fail(errc::cancelled, "retrieve"), false};
}

}  // namespace pons::upstream::dimse
