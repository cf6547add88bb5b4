#pragma once

#include "upstream/archive.hpp"
#include "upstream/dimse/block_ring.hpp"
#include "upstream/dimse/errand.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace pons::upstream::dimse {

/// A store: data sets cross over from the coroutine that is given them to the worker that sends them, through a buffer
/// of a megabyte that is made once. When it is full the coroutine waits, and with it whoever sends: that is the
/// backpressure. The next instance may begin to come while the archive still answers for the one before.
///
/// `work` is C-STORE's own. It takes instance by instance with `next`, its bytes with `next_piece` or `skip`, says with
/// `told` what became of it, and calls `finish` at last.
class shipment : public errand {
public:
    using errand::errand;

    bool long_lasting() const final { return true; }

    // --- the coroutine ---------------------------------------------------------------------------------------------

    enum class wants {
        instance,  ///< `begin`, or `no_more`
        bytes,     ///< `put`, or `end`
        nothing,   ///< for now: the bell will ring
        over,      ///< `ending` is there
    };
    wants now();
    void begin(part_head const& head);
    /// Bytes of the data set. Gives what there was no room for.
    std::span<std::byte const> put(std::span<std::byte const> bytes);
    void end();      ///< the instance is whole
    void no_more();  ///< that was the last one

    /// The archive has taken the first bytes, or refused them: the deadline of the errand is past caring.
    bool begun() const;
    /// How it ended; only once `now` says so.
    result<stored> ending();

    // --- the worker ------------------------------------------------------------------------------------------------

    /// The next instance. Nothing: there is no further one, or `lost`.
    std::optional<part_head> next(time_point until);

    struct piece {
        std::span<std::byte const> bytes;  ///< until the next call; of even length unless it is the last
        bool last = false;
    };
    /// More of it; a piece is only given when it is known whether it is the last. Nothing: `lost`.
    std::optional<piece> next_piece(time_point until);
    /// The last piece has been sent: the coroutine may begin the next instance while the archive answers.
    void sent();
    /// Drops what is still to come of it. False: `lost`.
    bool skip(time_point until);

    /// Nobody waits any more, or the time was up in `next`, `next_piece` or `skip`.
    bool lost() const;

    void told(part_head const& head, std::uint16_t status, std::string comment);
    /// Once. With what was told, or an error instead of all that.
    void finish(result<void> how);
    void give_up(failure why) final { finish(tl::unexpected(std::move(why))); }

private:
    template <class Condition>  // with the lock held, as is the next
    bool wait(std::unique_lock<std::mutex>& lock, time_point until, Condition const& news);
    void put_back();
    void drop_unread() noexcept override {}

    block_ring ring_{64 * 1024, 16};
    std::optional<part_head> head_;  ///< begun, and not yet taken by the worker
    bool open_ = false;              ///< begun, and not yet whole
    bool whole_ = false;             ///< whole, and not yet sent
    bool last_ = false;              ///< there is no further one
    std::optional<piece> out_;       ///< what the worker has
    bool begun_ = false;
    bool too_late_ = false;
    stored told_;
    std::optional<result<stored>> ending_;
};

}  // namespace pons::upstream::dimse
