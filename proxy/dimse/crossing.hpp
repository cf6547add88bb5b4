#pragma once

#include "upstream/asio.hpp"
#include "upstream/dimse/wire/waiting.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

/// What crosses over between an association's thread, which blocks, and a coroutine on the bridge: in order, a bounded
/// number of things at a time. Whoever is ahead waits: that is the backpressure.
namespace pons::proxy::dimse {

/// Where a coroutine waits until another thread wakes it.
class coroutine_bell {
public:
    /// On the coroutine's executor. Returns after a `ring`, also after one that came before; early when cancelled.
    awaitable<void> wait();

    /// From any thread.
    static void ring(std::shared_ptr<coroutine_bell> const& bell);

private:
    std::mutex mutex_;
    std::optional<executor> home_;  // while somebody waits
    steady_timer* timer_ = nullptr;
    bool rung_ = false;
};

/// From a coroutine to the association's thread. The object outlives both its uses.
template <class T>
class outward {
public:
    /// `news` is rung for the thread when something has come.
    outward(std::size_t capacity, upstream::dimse::interruption& news) : capacity_(capacity), news_(news) {}

    // --- the coroutine ---------------------------------------------------------------------------------------------

    /// Waits while `capacity` things have not been taken. False: nobody takes them any more (`close`).
    awaitable<bool> put(T value)
    {
        for (;;) {
            bool const done = try_put(value);
            if (done)
                break;
            co_await room_->wait();
        }
        co_return !closed();
    }

    // --- the thread ------------------------------------------------------------------------------------------------

    /// Without waiting; nothing: there is none now.
    std::optional<T> take()
    {
        std::scoped_lock const lock(mutex_);
        if (things_.empty())
            return {};
        std::optional<T> first(std::move(things_.front()));
        things_.pop_front();
        coroutine_bell::ring(room_);
        return first;
    }

    /// Nothing will be taken any more.
    void close()
    {
        std::scoped_lock const lock(mutex_);
        closed_ = true;
        coroutine_bell::ring(room_);
    }

private:
    bool try_put(T& value)
    {
        std::scoped_lock const lock(mutex_);
        if (closed_)
            return true;
        if (things_.size() >= capacity_)
            return false;
        things_.push_back(std::move(value));
        news_.request();
        return true;
    }

    bool closed() const
    {
        std::scoped_lock const lock(mutex_);
        return closed_;
    }

    std::size_t const capacity_;
    upstream::dimse::interruption& news_;
    std::shared_ptr<coroutine_bell> room_ = std::make_shared<coroutine_bell>();
    std::mutex mutable mutex_;
    std::deque<T> things_;
    bool closed_ = false;
};

/// From the association's thread to a coroutine. The object outlives both its uses.
template <class T>
class inward {
public:
    explicit inward(std::size_t capacity) : capacity_(capacity) {}

    // --- the thread ------------------------------------------------------------------------------------------------

    /// Waits while `capacity` things have not been taken. False: the coroutine takes none any more, or patience ended.
    bool put(T value, upstream::dimse::patience const& how_long)
    {
        for (;;) {
            {
                std::scoped_lock const lock(mutex_);
                if (closed_)
                    return false;
                if (things_.size() < capacity_) {
                    things_.push_back(std::move(value));
                    coroutine_bell::ring(come_);
                    return true;
                }
                room_.reset();
            }
            auto const came = upstream::dimse::wait_for_either(room_.fd(), -1, how_long);
            if (came != upstream::dimse::either::first)
                return false;
        }
    }

    /// There is nothing more after what was put.
    void finish()
    {
        std::scoped_lock const lock(mutex_);
        finished_ = true;
        coroutine_bell::ring(come_);
    }

    // --- the coroutine ---------------------------------------------------------------------------------------------

    /// The next one; waits for it. Nothing: after `finish`.
    awaitable<std::optional<T>> take()
    {
        for (;;) {
            bool ended = false;
            std::optional<T> first = try_take(ended);
            if (first || ended)
                co_return first;
            co_await come_->wait();
        }
    }

    /// Takes no more: `put` gives false from here on.
    void close()
    {
        std::scoped_lock const lock(mutex_);
        closed_ = true;
        room_.request();
    }

private:
    std::optional<T> try_take(bool& ended)
    {
        std::scoped_lock const lock(mutex_);
        ended = finished_ || closed_;
        if (things_.empty())
            return {};
        std::optional<T> first(std::move(things_.front()));
        things_.pop_front();
        room_.request();
        return first;
    }

    std::size_t const capacity_;
    upstream::dimse::interruption room_;
    std::shared_ptr<coroutine_bell> come_ = std::make_shared<coroutine_bell>();
    std::mutex mutex_;
    std::deque<T> things_;
    bool finished_ = false;
    bool closed_ = false;
};

}  // namespace pons::proxy::dimse
