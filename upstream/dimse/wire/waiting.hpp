#pragma once

#include "upstream/asio.hpp"

#include <atomic>
#include <utility>

/// How a worker thread waits for a socket: until it is ready, a deadline passes, or another thread wants it to stop.
namespace pons::upstream::dimse {

/// Owns a file descriptor.
class descriptor {
public:
    descriptor() = default;
    explicit descriptor(int fd) : fd_(fd) {}
    descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    descriptor& operator=(descriptor&& other) noexcept
    {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~descriptor();

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

/// Ends another thread's wait. It holds until `reset`, so a request between two waits is not lost.
/// Shared: `request` and `requested` by any thread, `reset` by the one that waits.
class interruption {
public:
    interruption();  ///< throws std::system_error when the system is out of descriptors

    void request() noexcept;
    bool requested() const noexcept { return requested_.load(std::memory_order_acquire); }
    void reset() noexcept;
    int fd() const noexcept { return event_.get(); }

private:
    descriptor event_;
    std::atomic<bool> requested_{false};
};

/// How long to wait, and who may end it earlier.
struct patience {
    time_point deadline;
    interruption const* by = nullptr;
};

enum class readiness { ready, expired, interrupted };

/// Waits until `fd` is ready for `events` (POLLIN, POLLOUT), or has failed or been closed. No `fd` (-1): only for the
/// end of patience.
readiness wait_for(int fd, short events, patience const& how_long);

/// Who of two ended a wait.
enum class either { first, second, expired, interrupted };

/// Waits until there is something to read from `first` or `second`, or one of them has failed or been closed; the first
/// when it is both.
either wait_for_either(int first, int second, patience const& how_long);

/// The same answer without waiting: an interruption first, then the deadline.
readiness check(patience const& how_long);

}  // namespace pons::upstream::dimse
