#pragma once

#include "config/hours.hpp"
#include "config/settings.hpp"
#include "mapping/result.hpp"
#include "upstream/guard/breaker.hpp"
#include "upstream/under_way.hpp"

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace pons::upstream {

/// Whether a source may be asked now: it is switched on (`enabled`), it is within its `hours`, and it is not left alone
/// after failures (`breaker`). Which of that holds may change while it is used.
///
/// Shared: one object per source, used by every worker thread; a mutex guards what may change, held for a few
/// instructions and never across a wait; see also `breaker` and `under_way`.
class gate {
public:
    explicit gate(config::source const& source);

    /// As it was when the gate was made.
    config::source const& source() const { return source_; }

    /// From here on `enabled`, `hours` with their `timezone`, and `breaker` are those of `now`. What is under way ends
    /// where the source may not be asked any more by that; an archive that was left alone is asked again. Whoever has
    /// entered before and begins after that is refused (`while_open`). Gives whether it may be asked.
    bool change(config::source const& now, std::chrono::system_clock::time_point wall_clock);

    /// What is ended when the source is switched off.
    under_way& running() const { return *running_; }
    std::shared_ptr<under_way> const& shared_running() const { return running_; }

    /// By `enabled` and `hours` alone. Errors: errc::closed, as of `enter`.
    result<void> is_wanted(std::chrono::system_clock::time_point wall_clock) const;

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
    /// What may change, as a whole.
    struct terms {
        explicit terms(config::source const& of);
        bool enabled;
        std::optional<config::hours> hours;
        std::string timezone;
        config::breaker breaker;
    };
    std::shared_ptr<terms const> now() const;
    std::string left_alone() const;

    config::source const source_;
    std::shared_ptr<breaker> const breaker_;
    std::shared_ptr<under_way> const running_ = std::make_shared<under_way>();
    std::mutex mutable mutex_;
    std::shared_ptr<terms const> terms_;
};

}  // namespace pons::upstream
