#include "proxy/dimse/instance_pipe.hpp"

#include "upstream/dimse/part10.hpp"

#include <algorithm>
#include <utility>

namespace pons::proxy::dimse {

namespace {

constexpr std::size_t block = 128 * 1024;        // is worth waking the coroutine
constexpr std::size_t worth_a_read = 64 * 1024;  // of room
constexpr auto patience_for_block = std::chrono::milliseconds(100);

}  // namespace

instance_pipe::instance_pipe(upstream::part_head head, upstream::dimse::interruption& news)
    : head_(std::move(head)), news_(news)
{
    auto const header = upstream::dimse::part10_header(head_);
    head_.data_set_offset = header.size();
    std::ranges::copy(header, ring_.room().begin());
    ring_.wrote(header.size());
}

// --- the thread of the association -----------------------------------------------------------------------------------

std::span<std::byte> instance_pipe::room()
{
    std::scoped_lock const lock(mutex_);
    wants_room_ = ring_.capacity() - ring_.size() < worth_a_read;
    return wants_room_ ? std::span<std::byte>() : ring_.room();
}

void instance_pipe::wrote(std::size_t size)
{
    auto const now = clock::now();
    std::unique_lock lock(mutex_);
    ring_.wrote(size);
    bool const due = wants_bytes_ && (ring_.size() >= block || now - woken_ >= patience_for_block);
    if (due) {
        wants_bytes_ = false;
        woken_ = now;
    }
    lock.unlock();
    if (due)
        coroutine_bell::ring(bell_);
}

void instance_pipe::end()
{
    {
        std::scoped_lock const lock(mutex_);
        whole_ = true;
    }
    coroutine_bell::ring(bell_);
}

void instance_pipe::abandon()
{
    {
        std::scoped_lock const lock(mutex_);
        abandoned_ = true;
    }
    coroutine_bell::ring(bell_);
}

// --- the coroutine ---------------------------------------------------------------------------------------------------

awaitable<result<std::optional<upstream::part_head>>> instance_pipe::next()
{
    std::optional<upstream::part_head> head;
    if (!std::exchange(given_, true))
        head = head_;
    co_return head;
}

/// What is to be done now; takes back what was lent.
instance_pipe::step instance_pipe::look()
{
    auto const now = clock::now();
    std::scoped_lock const lock(mutex_);
    ring_.took(std::exchange(lent_, {}).size());
    if (wants_room_ && ring_.size() <= ring_.capacity() / 2) {
        wants_room_ = false;
        news_.request();
    }
    if (abandoned_)
        return step::gone;
    if (ring_.size() == 0 && whole_)
        return step::end;
    bool const late = ring_.size() > 0 && now - woken_ >= patience_for_block;
    if (!whole_ && ring_.size() < block && !late) {
        wants_bytes_ = true;
        return step::wait;
    }
    lent_ = ring_.front(2 * block);
    woken_ = now;
    return step::give;
}

awaitable<result<std::span<std::byte const>>> instance_pipe::read()
{
    auto const cancellation = co_await asio::this_coro::cancellation_state;
    while (cancellation.cancelled() == asio::cancellation_type::none) {
        auto const todo = look();
        if (todo == step::gone)
            break;
        if (todo == step::give || todo == step::end)
            co_return lent_;
        co_await bell_->wait();
    }
    co_return fail(upstream::errc::cancelled, "the sender");
}

}  // namespace pons::proxy::dimse
