#pragma once

#include "upstream/asio.hpp"
#include "upstream/dimse/wire/association.hpp"

#include "config/settings.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

namespace pons::upstream::dimse {

/// What a worker thread of the pool works with.
struct workbench {
    config::source const& source;
    association_request const& proposals;  ///< of the associations that are kept
    std::optional<association>& line;      ///< the worker's own; kept for the next errand if it is left in step
    interruption& by;                      ///< requested when nobody waits any more, or the pool closes
};

/// Something that a coroutine wants of an archive, on its executor, and a worker thread of the pool does.
///
/// Shared by those two; locked briefly. The coroutine may leave at any moment.
class errand : public std::enable_shared_from_this<errand> {
public:
    errand(executor home, time_point deadline) : home_(std::move(home)), deadline_(deadline) {}
    errand(errand const&) = delete;
    errand& operator=(errand const&) = delete;
    virtual ~errand() = default;

    time_point deadline() const { return deadline_; }
    /// Takes as long as the images take; the pool keeps one association free of such errands where it has several.
    virtual bool long_lasting() const { return false; }

    // --- the coroutine ---------------------------------------------------------------------------------------------

    /// The timer to cancel when there are news; null: none waits. On `home` only.
    void bell(steady_timer* timer) { bell_ = timer; }
    /// Nobody waits any more: the errand ends at the archive, and nothing is posted from here on.
    void leave() noexcept;

    // --- the worker ------------------------------------------------------------------------------------------------

    /// False when nobody waits any more. Until `detach`, `leave` and `stop` interrupt `by`.
    bool attach(interruption& by);
    void detach();
    /// Does it, to the end, and tells the coroutine how that was. Blocks the calling thread.
    virtual void work(workbench& at) = 0;

    // --- the pool --------------------------------------------------------------------------------------------------

    /// The end of an errand that never comes to `work`.
    virtual void give_up(failure why) = 0;
    /// The source closes down: the worker gives up at once.
    void stop() noexcept;

protected:
    // All with the lock held.
    bool gone() const { return left_ || stopped_; }
    void ring();
    /// Instead of `ring`, where it happens often. True: call `tell` once the lock is let go, since the one who is woken
    /// wants it first of all.
    [[nodiscard]] bool must_tell();
    void rung() { rung_ = false; }
    void ended() { ended_ = true; }  ///< the worker may still be tidying up, and shall: `leave` does not interrupt it
    void interrupt_worker() noexcept;
    virtual void drop_unread() noexcept = 0;

    // Without it.
    void tell();

    std::mutex mutable mutex_;
    std::condition_variable read_;  ///< the coroutine has taken something, or nobody waits any more
    bool left_ = false;
    bool stopped_ = false;

private:
    void post_bell();

    executor const home_;
    time_point const deadline_;
    std::mutex telling_;  ///< as long as it is held and nobody has left, `home_` is there to be posted to
    bool listens_ = true;
    steady_timer* bell_ = nullptr;
    interruption* worker_ = nullptr;
    bool rung_ = false;
    bool ended_ = false;
};

/// Leaves the errand however the coroutine ends, also when its io_context is destroyed.
class attendance {
public:
    attendance(errand& at, steady_timer& bell) : at_(at) { at_.bell(&bell); }
    attendance(attendance const&) = delete;
    attendance& operator=(attendance const&) = delete;
    ~attendance() { at_.leave(); }

private:
    errand& at_;
};

}  // namespace pons::upstream::dimse
