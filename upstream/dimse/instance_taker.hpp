#pragma once

#include "upstream/archive.hpp"

#include <chrono>
#include <cstddef>
#include <span>

namespace pons::upstream::dimse {

/// How long the one who receives may take nothing while bytes wait for him. Below the 30 s after which archives give up
/// on a C-STORE-RSP.
inline constexpr std::chrono::milliseconds stall_budget = std::chrono::seconds(20);

/// Where the instances of one retrieve go, seen from a thread that receives them by C-STORE. Every call blocks, for at
/// most the stall budget without progress.
///
/// Several threads may have one, when an archive opens several associations for one C-MOVE: `begin` waits for its turn,
/// which lasts until `end` or `abandon` of the same thread. After any false or error the retrieve is over: answer A700
/// (PS3.4 C.4.2.1.4, C.4.3.1.4) where the association is in step, abort it in the middle of a data set.
class instance_taker {
public:
    /// Begins an instance and writes preamble, prefix and group 0002 in front of it (PS3.10 §7.1);
    /// `head.data_set_offset` need not be set. False: nobody listens any more, or the stall budget is over.
    virtual bool begin(part_head const& head) = 0;

    /// Bytes of the data set as they came, in pieces of any size. They are copied. False as `begin`.
    virtual bool write(std::span<std::byte const> bytes) = 0;

    /// Instead of `write`: where to put the next ones, and how many have been put there. None, and false, as `begin`.
    virtual std::span<std::byte> room() = 0;
    virtual bool wrote(std::size_t size) = 0;

    /// Waits until the instance has been handed on: only then is C-STORE Success true.
    /// Errors: cancelled (nobody listens), stalled, or what the receiver said.
    virtual result<void> end() = 0;

    /// The instance that has begun will not end: its association broke. The retrieve ends with `why`.
    virtual void abandon(failure why) = 0;

protected:
    ~instance_taker() = default;
};

}  // namespace pons::upstream::dimse
