#pragma once

#include "config/hours.hpp"
#include "config/settings.hpp"
#include "mapping/result.hpp"
#include "upstream/guard/breaker.hpp"

#include <memory>
#include <optional>
#include <string>

namespace pons::upstream {

/// Whether a source may be asked now: it is switched on (`enabled`), it is within its `hours`, and it is not left alone
/// after failures (`breaker`). Shared by all workers; see `breaker`.
class gate {
public:
    explicit gate(config::source const& source);

    config::source const& source() const { return source_; }

    /// Errors: errc::closed, with retry_after within its `hours`; errc::unreachable, with retry_after, while it is left
    /// alone.
    result<breaker::pass> enter(time_point now, std::chrono::system_clock::time_point wall_clock);

    /// How it stands, without entering: errors as of `enter`, `retry_after` only within its `hours`. It is left alone
    /// until it has answered: also once the pause is over, when `enter` lets one request try.
    result<void> peek(std::chrono::system_clock::time_point wall_clock) const;

    enum class errand {
        question,  ///< find and verify
        transfer,  ///< retrieve and store
    };

    /// A request ended like that; null: well. Logs when the archive is left alone from now on, and when it is asked
    /// again.
    void leave(breaker::pass& pass, failure const* how, errand of, time_point now) const;

    /// What the end of a request says about the archive. A transfer that broke or dried up says nothing: it may be the
    /// one study that cannot be had.
    static breaker::outcome outcome_of(failure const* how, errand of);

private:
    /// By `enabled` and `hours`.
    result<void> is_wanted(std::chrono::system_clock::time_point wall_clock) const;
    std::string left_alone() const;

    config::source const source_;
    std::optional<config::hours> hours_;
    std::shared_ptr<breaker> const breaker_;
};

}  // namespace pons::upstream
