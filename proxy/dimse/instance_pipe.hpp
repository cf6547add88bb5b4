#pragma once

#include "proxy/dimse/crossing.hpp"
#include "upstream/archive.hpp"
#include "upstream/dimse/byte_ring.hpp"
#include "upstream/dimse/wire/waiting.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>

namespace pons::proxy::dimse {

/// One instance that an association brings, on its way from its thread to the coroutine that has an archive store it,
/// through a buffer of a megabyte. When it is full the thread waits and reads its socket no further: that is the
/// backpressure.
///
/// Shared by these two, and outlives both their uses; locked briefly. The coroutine is woken when a block of some size
/// has come, or the end, or anything after a while.
class instance_pipe final : public upstream::instance_source {
public:
    /// Preamble, prefix and group 0002 (PS3.10 §7.1) are made of `head`, whose `data_set_offset` need not be set.
    /// `news` is rung for the thread when there is room that it has missed.
    instance_pipe(upstream::part_head head, upstream::dimse::interruption& news);

    // --- the thread of the association -------------------------------------------------------------------------------

    /// Where to put the next bytes of the data set, and how many have been put there. None: there is no room worth it
    /// now, and `news` will be rung when there is.
    std::span<std::byte> room();
    void wrote(std::size_t size);

    /// The instance is whole: now, and only now, the archive sees an end of it.
    void end();
    /// It will not end: what the archive was given is broken off (errc::cancelled).
    void abandon();

    // --- the coroutine -----------------------------------------------------------------------------------------------

    awaitable<result<std::optional<upstream::part_head>>> next() override;
    awaitable<result<std::span<std::byte const>>> read() override;

private:
    enum class step { give, end, wait, gone };
    step look();

    upstream::part_head head_;
    upstream::dimse::interruption& news_;
    std::shared_ptr<coroutine_bell> const bell_ = std::make_shared<coroutine_bell>();

    bool given_ = false;               // of the coroutine alone
    std::span<std::byte const> lent_;  // as well

    std::mutex mutex_;
    upstream::dimse::byte_ring ring_{1024 * 1024};
    bool whole_ = false;
    bool abandoned_ = false;
    bool wants_bytes_ = false;         // the coroutine waits for some
    bool wants_room_ = false;          // the thread does
    time_point woken_ = clock::now();  // or given something
};

}  // namespace pons::proxy::dimse
