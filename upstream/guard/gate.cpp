#include "upstream/guard/gate.hpp"

#include "upstream/errc.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <initializer_list>

namespace pons::upstream {

gate::gate(config::source const& source)
    : source_(source), breaker_(std::make_shared<breaker>(source.breaker.failures, source.breaker.pause))
{
    if (!source.hours.empty())
        if (auto hours = config::hours::parse(source.hours))  // checked when it was read
            hours_ = std::move(*hours);
}

result<breaker::pass> gate::enter(time_point now, std::chrono::system_clock::time_point wall_clock)
{
    if (auto const may = is_wanted(wall_clock); !may)
        return tl::unexpected(may.error());
    auto pass = breaker_->enter(now);
    if (!pass)
        return fail(errc::unreachable, left_alone(), pass.error());
    return std::move(*pass);
}

result<void> gate::peek(std::chrono::system_clock::time_point wall_clock) const
{
    auto const may = is_wanted(wall_clock);
    if (may && breaker_->is_open())
        return fail(errc::unreachable, left_alone());
    return may;
}

result<void> gate::is_wanted(std::chrono::system_clock::time_point wall_clock) const
{
    auto const where = [&](char const* why) { return "source " + source_.name + why; };
    if (!source_.enabled)
        return fail(errc::closed, where(" is switched off"));
    if (hours_)
        if (auto const wait = hours_->until_open(source_.timezone, wall_clock); wait.count() > 0)
            return fail(errc::closed, where(" is asked only within its hours"), wait);
    return {};
}

std::string gate::left_alone() const
{
    return "source " + source_.name + ", which is left alone after failures";
}

void gate::leave(breaker::pass& pass, failure const* how, errand of, time_point now) const
{
    switch (pass.tell(outcome_of(how, of), now)) {
        case breaker::change::opened:
            spdlog::warn("source {} failed {} times in a row and is left alone for {} ms; the last time: {}",
                         source_.name, source_.breaker.failures, source_.breaker.pause.count(), how->code.message());
            break;
        case breaker::change::closed:
            spdlog::info("source {} answers again", source_.name);
            break;
        case breaker::change::none:
            break;
    }
}

breaker::outcome gate::outcome_of(failure const* how, errand of)
{
    using enum errc;
    if (!how)
        return breaker::outcome::answered;
    auto const& code = how->code;
    auto const among = [&](std::initializer_list<errc> codes) {
        return std::ranges::any_of(codes, [&](errc e) { return code == e; });
    };
    bool const for_now = how->retry_after.count() > 0;
    if (code == unreachable || (code == association_rejected && (for_now || of == errand::question)))
        return breaker::outcome::failed;
    if (among({aborted, timed_out}))
        return of == errand::question ? breaker::outcome::failed : breaker::outcome::unknown;
    // What is not of this category came from the one who takes or gives.
    if (code.category() != error_category() || among({overloaded, cancelled, unsupported, stalled, closed}))
        return breaker::outcome::unknown;
    return breaker::outcome::answered;
}

}  // namespace pons::upstream
