#include "proxy/render/pool.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <utility>

namespace pons::proxy::render {

lease& lease::operator=(lease&& other) noexcept
{
    if (this != &other) {
        give_back();
        from_ = std::move(other.from_);
        permit_ = std::move(other.permit_);
        worker_ = std::move(other.worker_);
        done_ = std::exchange(other.done_, false);
    }
    return *this;
}

void lease::give_back()
{
    if (worker_)
        from_->take_back(std::move(worker_), std::exchange(done_, false));
    permit_ = {};
    from_.reset();
}

pool::pool(executor on, settings how, std::shared_ptr<upstream::budget> budget)
    : on_(std::move(on)), how_(std::move(how)), budget_(std::move(budget))
{
}

pool::~pool()
{
    for (auto& worker : idle_)
        bury(std::move(worker));
    reap(true);
}

awaitable<result<lease>> pool::acquire(time_point deadline)
{
    auto permit = co_await budget_->acquire(deadline);
    if (!permit)
        co_return tl::unexpected(permit.error());
    reap(false);
    lease l;
    l.from_ = shared_from_this();
    l.permit_ = std::move(*permit);
    while (!idle_.empty() && !l.worker_) {
        l.worker_ = std::move(idle_.back());
        idle_.pop_back();
        if (!l.worker_->lives())
            bury(std::move(l.worker_));
    }
    if (!l.worker_) {
        auto started = worker_process::start(on_, how_);
        if (!started)
            co_return tl::unexpected(started.error());
        l.worker_ = std::move(*started);
        living_.push_back(l.worker_->id());
    }
    co_return result<lease>(std::move(l));
}

void pool::take_back(std::unique_ptr<worker_process> worker, bool reusable)
{
    if (reusable && !worker->broken())
        idle_.push_back(std::move(worker));
    else
        bury(std::move(worker));
}

void pool::bury(std::unique_ptr<worker_process> worker)
{
    std::erase(living_, worker->id());
    if (auto const pid = worker->abandon(); pid > 0)
        dead_.push_back(pid);
    reap(false);
}

/// A killed process frees its memory before it can be waited for; meanwhile there is other work.
void pool::reap(bool wait)
{
    std::erase_if(dead_, [=](pid_t pid) { return ::waitpid(pid, nullptr, wait ? 0 : WNOHANG) != 0; });
}

}  // namespace pons::proxy::render
