#pragma once

#include "proxy/render/pool.hpp"
#include "proxy/render/renderer.hpp"
#include "upstream/cancelling.hpp"

#include <span>

namespace pons::proxy::render {

/// Something happens once; who waits for it may come before or after. On one executor.
class happening {
public:
    explicit happening(executor on) : timer_(on, time_point::max()) {}

    bool happened() const { return happened_; }
    void happen()
    {
        happened_ = true;
        timer_.cancel();
    }
    void forget()
    {
        happened_ = false;
        timer_.expires_at(time_point::max());
    }
    /// Until it has happened, or the coroutine is cancelled; not at all when it has been before, since a cancellation
    /// reaches one wait only. One waits at a time.
    awaitable<void> wait()
    {
        bool const gone = co_await upstream::is_cancelled();
        if (!happened_ && !gone)
            co_await timer_.async_wait(as_tuple);
    }

private:
    steady_timer timer_;
    bool happened_ = false;
};

/// Sends a job and then the instance to a worker, in pieces that the protocol takes.
awaitable<result<void>> send_job(worker_process& to, job const& asked);
awaitable<result<void>> send_bytes(worker_process& to, std::span<std::byte const> bytes);
awaitable<result<void>> send_end(worker_process& to);

/// Hands on what the worker answers until it is done; `parts` counts them. Errors: the worker's, those of `to`.
awaitable<result<void>> take_answer(worker_process& from, part_receiver& to, std::uint32_t& parts);

}  // namespace pons::proxy::render
