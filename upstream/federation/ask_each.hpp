#pragma once

#include "upstream/fan_out.hpp"
#include "upstream/search/source.hpp"

#include <algorithm>
#include <vector>

namespace pons::upstream {

/// Until when a source that is asked together with others may take for one step of a request (what matches, who else
/// holds it, what else is shown of it): its own `timeouts.search`, and at most three quarters of what is left, so that
/// there is time to answer without it. A source that is asked alone has all of the time.
inline time_point own_deadline(searched_source const& source, std::size_t together, time_point deadline)
{
    auto const now = clock::now();
    if (together < 2 || deadline <= now)
        return deadline;
    return std::min(now + (deadline - now) / 4 * 3, now + source.patience);
}

/// One step of a request over several sources: runs `one(part, until)` for all `parts` at once, each until its own
/// deadline. A part has a `source`. What a source fails with belongs into its part; what `one` gives as a failure ends
/// the request: the first is the result, after all have ended. Cancelling: terminal, reaches everything that runs.
template <class Part, class F>
awaitable<result<void>> ask_each(std::vector<Part>& parts, time_point deadline, F const& one)
{
    auto step = [&](std::size_t index) {
        auto& part = parts[index];
        return one(part, own_deadline(*part.source, parts.size(), deadline));
    };
    co_return co_await fan_out(parts.size(), parts.size(), step);
}

}  // namespace pons::upstream
