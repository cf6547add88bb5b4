#pragma once

#include "proxy/render/worker_process.hpp"
#include "upstream/budget.hpp"

#include <memory>
#include <vector>

namespace pons::proxy::render {

class pool;

/// A worker that is used by one job. Given back when it goes: for the next job, when `done` was said, else killed.
class lease {
public:
    lease() = default;
    lease(lease&& other) noexcept = default;
    lease& operator=(lease&& other) noexcept;
    ~lease() { give_back(); }

    explicit operator bool() const { return worker_ != nullptr; }
    worker_process& operator*() const { return *worker_; }
    worker_process* operator->() const { return worker_.get(); }
    /// The job has ended and its input too: the worker waits for the next.
    void done() { done_ = true; }
    void give_back();

private:
    friend class pool;
    std::shared_ptr<pool> from_;
    upstream::permit permit_;
    std::unique_ptr<worker_process> worker_;
    bool done_ = false;
};

/// The workers of one executor. How many work at once is a budget that all executors share.
class pool : public std::enable_shared_from_this<pool> {
public:
    pool(executor on, settings how, std::shared_ptr<upstream::budget> budget);
    pool(pool const&) = delete;
    pool& operator=(pool const&) = delete;
    ~pool();

    /// An idle worker, or a new one. Errors: upstream::errc::overloaded with retry_after, timed_out, cancelled;
    /// render::errc::unavailable. Cancelling: terminal.
    awaitable<result<lease>> acquire(time_point deadline);

    std::vector<int> workers() const { return living_; }

private:
    friend class lease;
    void take_back(std::unique_ptr<worker_process> worker, bool reusable);
    void bury(std::unique_ptr<worker_process> worker);
    void reap(bool wait);

    executor on_;
    settings how_;
    std::shared_ptr<upstream::budget> budget_;
    std::vector<std::unique_ptr<worker_process>> idle_;
    std::vector<pid_t> dead_;  // killed; nobody has waited for them yet
    std::vector<int> living_;
};

}  // namespace pons::proxy::render
