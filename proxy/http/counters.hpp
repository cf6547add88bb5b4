#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace pons::proxy::http {

/// What a server counts. One object shared by all its threads; each number is right by itself.
struct counters {
    std::atomic<std::uint64_t> connections{0};      ///< open now
    std::atomic<std::uint64_t> refusing{0};         ///< being told 503, beyond the limit of connections
    std::atomic<std::uint64_t> requests{0};         ///< in flight now: read, and not yet answered
    std::atomic<std::uint64_t> accepted{0};         ///< since the start
    std::atomic<std::uint64_t> refused{0};          ///< connections beyond the limit, since the start
    std::atomic<std::uint64_t> broken_off{0};       ///< answers that ended before they were whole, since the start
    std::atomic<std::uint64_t> accept_failures{0};  ///< out of file descriptors or the like, since the start
};

/// Holds one in a counter as long as it lives.
class counted {
public:
    explicit counted(std::atomic<std::uint64_t>& counter) : counter_(&counter)
    {
        counter_->fetch_add(1, std::memory_order_relaxed);
    }
    counted(counted&& other) noexcept : counter_(std::exchange(other.counter_, nullptr)) {}
    counted& operator=(counted&&) = delete;
    ~counted()
    {
        if (counter_ != nullptr)
            counter_->fetch_sub(1, std::memory_order_release);
    }

private:
    std::atomic<std::uint64_t>* counter_;
};

}  // namespace pons::proxy::http
