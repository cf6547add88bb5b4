#pragma once

#include "config/settings.hpp"
#include "upstream/dimse/operation.hpp"

#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace pons::upstream::dimse {

/// The associations of one source: at most `limits.associations`, each on a thread of its own, and a queue before them.
///
/// Shared by all workers of the process; locked briefly. Threads start with the first need and stay. An idle
/// association is watched: it goes when the peer closes it, or is released after `timeouts.idle`, before the peer
/// would drop it; the next operation opens a new one. The destructor aborts what is running (errc::cancelled) and takes
/// at most a fraction of a second.
class association_pool {
public:
    explicit association_pool(config::source const& source);
    ~association_pool();
    association_pool(association_pool const&) = delete;
    association_pool& operator=(association_pool const&) = delete;

    /// Hands `what` to a worker, or puts it into the queue (first in, first out).
    /// Errors: overloaded when the queue is full, with retry_after.
    result<void> submit(std::shared_ptr<operation> what);

    /// Takes it out of the queue again. False: it has left the queue already.
    bool withdraw(operation const& what);

    /// overloaded, with retry_after: what one gets whose time in the queue is over.
    failure overloaded() const;

private:
    struct worker {
        interruption bell;  // an operation, the end of one, or the end of all
        std::shared_ptr<operation> running;
        bool connected = false;
        std::jthread thread;
    };

    bool start_worker(std::shared_ptr<operation> const& what);
    void serve(worker& me, std::shared_ptr<operation> what);
    std::shared_ptr<operation> next(worker& me, std::optional<association>& line);
    bool become_idle(worker& me, bool connected);
    void run(operation& what, std::optional<association>& line, interruption& by);
    result<association> open(operation const& what, interruption& by);

    config::source const source_;
    association_request const proposals_;
    std::mutex mutex_;
    std::deque<std::shared_ptr<operation>> queue_;
    std::list<worker> workers_;
    std::vector<worker*> idle_;  // the one used last at the back
    bool closing_ = false;
};

}  // namespace pons::upstream::dimse
