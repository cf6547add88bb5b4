#include "upstream/dimse/delivery.hpp"

#include "upstream/dimse/part10.hpp"

#include <algorithm>
#include <cstring>

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

/// A block with room, if there is one.
delivery::block* delivery::room()
{
    auto* last = used_ > 0 ? &ring_[(first_ + used_ - 1) % blocks] : nullptr;
    auto const taken = used_ == 1 && reading_;
    if (last && !taken && last->size < block_size)
        return last;
    if (used_ == blocks)
        return nullptr;
    last = &ring_[(first_ + used_++) % blocks];
    if (!last->bytes)
        last->bytes = std::make_unique_for_overwrite<std::byte[]>(block_size);
    last->size = 0;
    return last;
}

bool delivery::append(std::unique_lock<std::mutex>& lock, std::span<std::byte const> bytes)
{
    while (!bytes.empty() && !over()) {
        auto* const into = room();
        if (!into) {
            wants_room_ = true;
            wait(lock, [&] { return used_ < blocks; });
            wants_room_ = false;
            continue;
        }
        auto const piece = bytes.first(std::min(bytes.size(), block_size - into->size));
        std::memcpy(into->bytes.get() + into->size, piece.data(), piece.size());
        into->size += piece.size();
        bytes = bytes.subspan(piece.size());
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
            } else if (used_ > 0) {
                next = step::write;
                reading_ = true;
                bytes = {ring_[first_].bytes.get(), ring_[first_].size};
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
        if (next == step::write) {
            reading_ = false;
            first_ = (first_ + 1) % blocks;
            --used_;
        }
        if (next == step::end) {
            ending_instance_ = false;
            instances_ += done.has_value() ? 1 : 0;
            ended_instance_ = done;
        }
        // The other side is woken for what it waits for, and for room when there is some worth it.
        bool const wake = next == step::end || !done || (wants_room_ && used_ <= blocks / 2);
        lock.unlock();
        if (wake)
            read_.notify_all();
        if (!done)
            co_return ending{tl::unexpected(std::move(done.error())), false};
    }
    co_return ending{fail(errc::cancelled, "retrieve"), false};
}

}  // namespace pons::upstream::dimse
