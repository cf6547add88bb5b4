#pragma once

#include "config/settings.hpp"
#include "upstream/archive.hpp"
#include "upstream/dimse/errand.hpp"
#include "upstream/dimse/retrieve_way.hpp"
#include "upstream/dimse/storage_contexts.hpp"

#include <atomic>
#include <deque>
#include <functional>
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
/// would drop it; the next errand opens a new one. One that has had `limits.operations` is released at once. Where
/// there are several, one is kept free of long-lasting errands, so that searches are answered while images flow. The
/// destructor aborts what is running (errc::cancelled) and takes at most a fraction of a second.
class association_pool {
public:
    /// `wanted`: whether an association may be kept that has nothing to do; called from the pool's threads.
    explicit association_pool(
        config::source const& source, std::function<bool()> wanted = [] { return true; });
    ~association_pool();
    association_pool(association_pool const&) = delete;
    association_pool& operator=(association_pool const&) = delete;

    /// Hands `what` to a worker, or puts it into the queue (first in, first out; but an errand may overtake
    /// long-lasting ones that must wait for one another). Errors: overloaded when the queue is full, with retry_after.
    result<void> submit(std::shared_ptr<errand> what);

    /// Takes it out of the queue again. False: it has left the queue already.
    bool withdraw(errand const& what);

    /// `wanted` says no from here on: the associations that are idle are released. Does not wait.
    void let_go();

    /// overloaded, with retry_after: what one gets whose time in the queue is over.
    failure overloaded() const;

    /// What has been learnt about how the source hands out instances.
    retrieve_way& way() { return way_; }

    /// What answers to finds have taught about keys without value (PS3.4 C.2.2.2.3).
    struct key_lore {
        std::atomic<bool> takes_empty = false;  ///< rows came for empty ones
        std::atomic<bool> wants_stars = false;  ///< rows came for "*" only
    };
    key_lore& keys() { return keys_; }
    /// What has been stored there.
    recent_contexts& stored_in() { return stored_in_; }

private:
    struct worker {
        interruption bell;  // an errand, the end of one, or the end of all
        std::shared_ptr<errand> running;
        bool connected = false;  // has an association for queries
        std::jthread thread;
    };

    bool may_begin(errand const& what) const;
    void begins(errand const& what);
    bool start_worker(std::shared_ptr<errand> const& what);
    void serve(worker& me, std::shared_ptr<errand> what);
    std::shared_ptr<errand> next(worker& me, std::optional<association>& line);
    bool become_idle(worker& me, bool connected);
    void release_unwanted(worker& me, std::optional<association>& line);

    config::source const source_;
    std::function<bool()> const wanted_;
    association_request const proposals_;
    retrieve_way way_;
    key_lore keys_;
    recent_contexts stored_in_;
    std::mutex mutex_;
    std::deque<std::shared_ptr<errand>> queue_;
    std::list<worker> workers_;
    std::vector<worker*> idle_;  // the one used last at the back
    unsigned long_lasting_ = 0;  // of those that run
    bool closing_ = false;
};

}  // namespace pons::upstream::dimse
