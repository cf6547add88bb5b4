#pragma once

#include "upstream/archive.hpp"
#include "upstream/dimse/byte_ring.hpp"
#include "upstream/dimse/errand.hpp"
#include "upstream/dimse/instance_taker.hpp"

#include <memory>
#include <optional>

namespace pons::upstream::dimse {

/// A retrieve: instances cross over from the threads that receive them to the coroutine that asks, through a buffer of
/// a megabyte that is made once. When it is full the thread waits, so the archive does: that is the backpressure.
///
/// The coroutine is woken when a block of some size has come, or the rest of an instance; while bytes flow it looks for
/// less by itself, at `look_again`.
///
/// `work` is C-GET's or C-MOVE's own. It calls `begin`, `write` and `end`, or lets other threads do that, and `finish`
/// at last.
class delivery : public errand, public instance_taker {
public:
    delivery(executor home, time_point deadline, std::chrono::milliseconds stall = stall_budget)
        : errand(std::move(home), deadline), stall_(stall)
    {
    }

    bool long_lasting() const final { return true; }

    /// How it ended.
    struct ending {
        result<retrieved> how;
        /// Nothing has been handed on, and C-MOVE instead of C-GET (or the other way round) may well bring it.
        bool another_way = false;
    };

    // --- the coroutine ---------------------------------------------------------------------------------------------

    /// Hands on what has come until there is nothing more for now; gives the end when that has come. An error of
    /// `parts` is an end.
    awaitable<std::optional<ending>> hand_on(part_sink& parts);

    /// An instance has begun: the deadline of the errand is past caring.
    bool begun() const;

    /// When to call `hand_on` again if the bell has not rung by then.
    time_point look_again() const;

    // --- the threads that receive ----------------------------------------------------------------------------------

    bool begin(part_head const& head) final;
    bool write(std::span<std::byte const> bytes) final;
    std::span<std::byte> room() final;
    bool wrote(std::size_t size) final;
    result<void> end() final;
    void abandon(failure why) final;

    // --- the worker ------------------------------------------------------------------------------------------------

    /// Once, after the last instance; the first of several ends stays. The number of instances is filled in here.
    void finish(result<retrieved> how, bool another_way = false);
    void give_up(failure why) final { finish(tl::unexpected(std::move(why))); }
    /// After C-CANCEL there is time to wait for the final response.
    bool worth_draining() const;

private:
    bool over() const { return gone() || ending_.has_value(); }
    void finish_locked(result<retrieved> how, bool another_way);
    bool append(std::unique_lock<std::mutex>& lock, std::span<std::byte const> bytes);
    std::span<std::byte> room(std::unique_lock<std::mutex>& lock);
    void tell_of_block(std::unique_lock<std::mutex>& lock);
    void drop_unread() noexcept override {}
    template <class Condition>
    bool wait(std::unique_lock<std::mutex>& lock, Condition const& until);
    failure lost() const;

    std::chrono::milliseconds const stall_;

    bool busy_ = false;              ///< an instance is on its way, from `begin` to the end of `end`
    std::optional<part_head> head_;  ///< of an instance that the coroutine has not begun
    byte_ring ring_{1024 * 1024};
    bool flowing_ = false;          ///< the coroutine is to be woken for a block, not for every byte
    bool ending_instance_ = false;  ///< `end` waits
    bool wants_room_ = false;       ///< a thread waits for some
    std::optional<result<void>> ended_instance_;
    std::uint64_t progress_ = 0;  ///< what the coroutine has taken, in calls
    std::uint32_t instances_ = 0;
    std::optional<ending> ending_;
};

}  // namespace pons::upstream::dimse
