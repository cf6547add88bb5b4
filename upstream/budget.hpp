#pragma once

#include "config/settings.hpp"
#include "mapping/result.hpp"
#include "upstream/asio.hpp"

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace pons::upstream {

class budget;

/// The right to use one association or connection of a source. Given back when it goes, on any thread.
class permit {
public:
    permit() = default;
    permit(permit&& other) noexcept : from_(std::exchange(other.from_, nullptr)), since_(other.since_) {}
    permit& operator=(permit&& other) noexcept
    {
        permit(std::move(other)).swap(*this);
        return *this;
    }
    ~permit() { release(); }

    explicit operator bool() const { return from_ != nullptr; }
    void release();

private:
    friend class budget;
    explicit permit(std::shared_ptr<budget> from) : from_(std::move(from)), since_(clock::now()) {}
    void swap(permit& other) noexcept
    {
        from_.swap(other.from_);
        std::swap(since_, other.since_);
    }

    std::shared_ptr<budget> from_;
    time_point since_;
};

/// How much of a source is used at once, all workers together, and a queue before it (DESIGN law 5): a semaphore whose
/// waiters are coroutines, first come, first served.
///
/// Shared: one object per source, used by every worker thread; a mutex guards it, held for a few instructions and never
/// across a wait. A waiter is woken on its own executor. Contexts must live until their coroutines are gone.
class budget : public std::enable_shared_from_this<budget> {
public:
    /// `name` is the source's, for the places of errors.
    budget(std::string name, config::limits const& limits);

    /// Waits for a permit, at most until `deadline` and at most `limits.queue`. On a single-threaded executor.
    ///
    /// Errors: errc::overloaded with retry_after (the queue is full, or this took longer than `limits.queue`),
    /// errc::timed_out (the deadline came first), errc::cancelled.
    /// Cancelling: terminal; the place in the queue is given up, a permit that came at the same time goes on to the
    /// next.
    awaitable<result<permit>> acquire(time_point deadline);

    std::uint32_t in_use() const;
    std::uint32_t waiting() const;

private:
    friend class permit;
    struct waiter;
    struct place;

    void give_back(clock::duration held);
    std::chrono::seconds retry_after() const;  // with the mutex held

    std::string const name_;
    std::uint32_t const slots_;
    std::uint32_t const queue_length_;
    std::chrono::milliseconds const patience_;

    std::mutex mutable mutex_;
    std::uint32_t in_use_ = 0;
    std::list<std::shared_ptr<waiter>> queue_;
    clock::duration usual_hold_ = std::chrono::seconds(1);  // moving average
};

}  // namespace pons::upstream
