#pragma once

#include "upstream/asio.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <tl/expected.hpp>
#include <utility>

namespace pons::upstream {

/// Leaves an archive alone that does not answer (DESIGN law 5). After so many failures in a row nothing is asked for a
/// while; then one request tries, and by its outcome all may go on or the pause is twice as long, up to eight times.
/// One that lasts keeps nobody out: after another pause the next one tries.
///
/// Shared: one object per source, used by every worker thread; a mutex guards it, held for a few instructions and never
/// across a wait. Times are given by the caller.
class breaker : public std::enable_shared_from_this<breaker> {
public:
    /// No failures at all when `failures` is 0: it never opens.
    breaker(std::uint32_t failures, std::chrono::milliseconds pause);

    enum class outcome {
        answered,  ///< the archive did, whatever it said
        failed,    ///< it did not, or broke off
        unknown,   ///< the request ended for another reason
    };
    enum class change { none, opened, closed };

    /// A request that may go on. Its outcome is unknown until it is told; told once.
    class pass {
    public:
        pass(pass&& other) noexcept : of_(std::exchange(other.of_, nullptr)), trial_(other.trial_) {}
        pass& operator=(pass&&) = delete;
        ~pass() { tell(outcome::unknown, {}); }

        /// What became of the breaker by that.
        change tell(outcome how, time_point now);
        /// Whether it goes on to find out if the archive answers again.
        bool is_trial() const { return trial_ != 0; }

    private:
        friend class breaker;
        pass(std::shared_ptr<breaker> of, std::uint32_t trial) : of_(std::move(of)), trial_(trial) {}

        std::shared_ptr<breaker> of_;
        std::uint32_t trial_;  // which; 0: none
    };

    /// A request wants to go on. Else: how long to wait before it is worth asking again, at least a second.
    tl::expected<pass, std::chrono::seconds> enter(time_point now);

    bool is_open() const;

    /// Whatever was: it is not open, and these hold from here on. Who tries decides no more.
    void begin_anew(std::uint32_t failures, std::chrono::milliseconds pause);

private:
    change tell(outcome how, std::uint32_t trial, time_point now);

    std::mutex mutable mutex_;
    std::uint32_t failures_;
    std::chrono::milliseconds pause_;
    std::uint32_t in_a_row_ = 0;
    bool open_ = false;
    std::uint32_t trials_ = 0;  // so far; the last one counts
    bool trying_ = false;       // the last one has not ended
    std::chrono::milliseconds pausing_;
    time_point until_;  // then the next one may try
};

}  // namespace pons::upstream
