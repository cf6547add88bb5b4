#include "proxy/dimse/instance_stream.hpp"

#include "upstream/cancelling.hpp"
#include "upstream/errc.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace pons::proxy::dimse {

namespace {

constexpr std::size_t most_entries = 32;         // for many small ones
constexpr std::size_t block = 128 * 1024;        // is sent at once
constexpr std::size_t worth_waking = 16 * 1024;  // the thread, within an instance

tl::unexpected<failure> nobody_takes()
{
    return fail(upstream::errc::cancelled, "the receiver");
}

}  // namespace

// --- the coroutine ---------------------------------------------------------------------------------------------------

awaitable<result<void>> instance_stream::begin(upstream::part_head const& head)
{
    if (open_)
        co_return fail(upstream::errc::incomplete, "an instance ended before it was whole");
    header_left_ = head.data_set_offset;
    size_ = 0;
    item one{.head = head};
    auto const added = co_await add(std::move(one), false);
    open_ = added.has_value();
    begun_ += open_ ? 1 : 0;
    co_return added;
}

awaitable<result<void>> instance_stream::refuse(upstream::part_head const& head)
{
    item one{.head = head, .refused = true};
    auto const added = co_await add(std::move(one), true);
    co_return added;
}

awaitable<result<void>> instance_stream::add(item one, bool whole)
{
    for (;;) {
        {
            std::scoped_lock const lock(mutex_);
            if (closed_)
                co_return nobody_takes();
            if (entries_.size() < most_entries) {
                entries_.push_back({.of = std::move(one), .whole = whole});
                tell();
                co_return result<void>();
            }
            coroutine_waits_ = true;
        }
        co_await room_->wait();
        bool const gone = co_await upstream::is_cancelled();
        if (gone)
            co_return nobody_takes();
    }
}

/// How many of them there was room for.
std::size_t instance_stream::put(std::span<std::byte const> bytes)
{
    std::size_t done = 0;
    std::scoped_lock const lock(mutex_);
    auto& last = entries_.back();
    if (last.dropped)
        return bytes.size();
    while (done < bytes.size()) {
        auto const room = ring_.room();
        if (room.empty())
            break;
        auto const size = std::min(room.size(), bytes.size() - done);
        std::memcpy(room.data(), bytes.data() + done, size);
        ring_.wrote(size);
        last.unread += size;
        done += size;
    }
    coroutine_waits_ = done < bytes.size();
    tell();
    return done;
}

awaitable<result<void>> instance_stream::write(std::span<std::byte const> bytes)
{
    auto const before = std::min(header_left_, bytes.size());
    header_left_ -= before;
    bytes = bytes.subspan(before);
    size_ += bytes.size();
    while (!bytes.empty()) {
        {
            std::scoped_lock const lock(mutex_);
            if (closed_)
                co_return nobody_takes();
        }
        bytes = bytes.subspan(put(bytes));
        if (bytes.empty())
            break;
        co_await room_->wait();
        bool const gone = co_await upstream::is_cancelled();
        if (gone)
            co_return nobody_takes();
    }
    co_return result<void>();
}

awaitable<result<void>> instance_stream::end()
{
    if (size_ % 2 != 0) {
        std::array<std::byte, 1> const padding{};
        auto const padded = co_await write(padding);
        if (!padded)
            co_return padded;
    }
    open_ = false;
    std::scoped_lock const lock(mutex_);
    entries_.back().whole = true;
    if (entries_.back().dropped)
        entries_.pop_back();
    tell();
    co_return result<void>();
}

void instance_stream::break_off()
{
    if (!std::exchange(open_, false))
        return;
    std::scoped_lock const lock(mutex_);
    auto& last = entries_.back();
    last.of.broken = true;
    if (last.unread % 2 != 0 && !ring_.room().empty()) {  // all that follows begins at an even place
        ring_.wrote(1);
        ++last.unread;
    }
    if (last.dropped)
        entries_.pop_back();
    tell();
}

// --- both, with the lock held ----------------------------------------------------------------------------------------

void instance_stream::tell()
{
    if (thread_waits_ == wait::none || entries_.empty())
        return;
    auto const& first = entries_.front();
    bool const more = first.whole || first.of.broken || first.unread >= worth_waking;
    if (thread_waits_ == wait::next ? !is_ready(first) : !more)
        return;
    thread_waits_ = wait::none;
    news_.request();
}

bool instance_stream::is_ready(entry const& e) const
{
    return !e.dropped && (e.whole || e.of.broken || e.unread >= ring_.capacity() / 2);
}

void instance_stream::take_back()
{
    auto const size = std::exchange(lent_, {}).size();
    if (size > 0) {
        ring_.took(size);
        entries_.front().unread -= size;
    }
    if (coroutine_waits_ && ring_.size() <= ring_.capacity() / 2) {
        coroutine_waits_ = false;
        coroutine_bell::ring(room_);
    }
}

// --- the thread ------------------------------------------------------------------------------------------------------

std::optional<instance_stream::item> instance_stream::next()
{
    std::scoped_lock const lock(mutex_);
    if (!entries_.empty() && is_ready(entries_.front()))
        return entries_.front().of;
    thread_waits_ = wait::next;
    return {};
}

instance_stream::piece instance_stream::read()
{
    std::scoped_lock const lock(mutex_);
    take_back();
    auto const& first = entries_.front();
    if (first.of.broken)
        return {.what = step::broken, .bytes = {}};
    auto size = std::min(first.unread, block);
    if (!first.whole)
        size -= size % 2;
    if (size == 0 && !first.whole) {
        thread_waits_ = wait::more;
        return {.what = step::wait, .bytes = {}};
    }
    lent_ = ring_.front(size);
    return {.what = step::bytes, .bytes = lent_, .last = first.whole && lent_.size() == first.unread};
}

void instance_stream::drop()
{
    std::scoped_lock const lock(mutex_);
    take_back();
    auto& first = entries_.front();
    ring_.took(std::exchange(first.unread, 0));
    if (first.whole || first.of.broken)
        entries_.pop_front();
    else
        first.dropped = true;
    take_back();  // there is room again
}

void instance_stream::close()
{
    std::scoped_lock const lock(mutex_);
    closed_ = true;
    coroutine_bell::ring(room_);
}

}  // namespace pons::proxy::dimse
