#pragma once

#include "proxy/dimse/crossing.hpp"
#include "upstream/archive.hpp"
#include "upstream/dimse/byte_ring.hpp"
#include "upstream/dimse/wire/waiting.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>

namespace pons::proxy::dimse {

/// Instances on their way from the coroutine that retrieves them to an association's thread, which sends them, through
/// a buffer of a megabyte. When it is full the coroutine waits, and with it the archive: that is the backpressure.
///
/// What crosses are data sets: preamble, prefix and group 0002 (PS3.10 §7.1) stay behind, and one of odd length, which
/// no data set is but broken ones are, gets a NUL at its end. An instance is given to the thread when it is whole, or
/// fills half of the buffer: so one of usual size that breaks off on its way has not been begun at the other end.
///
/// Shared by these two, and outlives both their uses; locked briefly.
class instance_stream final : public upstream::part_sink {
public:
    /// `news` is rung for the thread when there is something that it has missed.
    explicit instance_stream(upstream::dimse::interruption& news) : news_(news) {}

    // --- the coroutine -----------------------------------------------------------------------------------------------

    /// Errors of these: errc::cancelled, when nothing is taken any more; incomplete, for an instance within another.
    awaitable<result<void>> begin(upstream::part_head const& head) override;
    awaitable<result<void>> write(std::span<std::byte const> bytes) override;
    awaitable<result<void>> end() override;
    /// An instance has come, and nothing of it can be sent.
    awaitable<result<void>> refuse(upstream::part_head const& head);
    /// The instance that has begun will not end, if there is one.
    void break_off();
    /// How many instances have begun.
    std::size_t begun() const { return begun_; }

    // --- the thread --------------------------------------------------------------------------------------------------

    struct item {
        upstream::part_head head;
        bool refused = false;
        bool broken = false;  ///< it will not end
    };
    /// The first that is ready; it stays so until `drop`. Nothing: `news` will be rung.
    std::optional<item> next();

    enum class step { bytes, wait, broken };
    struct piece {
        step what = step::wait;
        std::span<std::byte const> bytes;  ///< of even length, until the next call
        bool last = false;                 ///< nothing follows
    };
    /// More of the first. `wait`: `news` will be rung.
    piece read();

    /// The thread is done with the first; what it has not read of it is dropped as it comes.
    void drop();
    /// Nothing is taken any more.
    void close();

private:
    struct entry {
        item of;
        std::size_t unread = 0;  // in the ring
        bool whole = false;
        bool dropped = false;
    };

    bool is_ready(entry const& e) const;
    void take_back();
    void tell();
    awaitable<result<void>> add(item one, bool whole);
    std::size_t put(std::span<std::byte const> bytes);

    upstream::dimse::interruption& news_;
    std::shared_ptr<coroutine_bell> const room_ = std::make_shared<coroutine_bell>();

    bool open_ = false;  // of the coroutine alone, as the next three
    std::size_t begun_ = 0;
    std::size_t header_left_ = 0;  // bytes in front of the data set
    std::size_t size_ = 0;         // of the data set, so far

    std::mutex mutex_;
    upstream::dimse::byte_ring ring_{1024 * 1024};
    std::deque<entry> entries_;        // the first is the thread's, the last the coroutine's
    std::span<std::byte const> lent_;  // of the ring, to the thread
    enum class wait : std::uint8_t { none, next, more };
    wait thread_waits_ = wait::none;
    bool coroutine_waits_ = false;
    bool closed_ = false;
};

}  // namespace pons::proxy::dimse
