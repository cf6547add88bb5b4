#include "upstream/guard/gate.hpp"

#include "upstream/errc.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <initializer_list>

namespace pons::upstream {

gate::terms::terms(config::source const& of) : enabled(of.enabled), timezone(of.timezone), breaker(of.breaker)
{
    if (of.hours.empty())
        return;
    if (auto parsed = config::hours::parse(of.hours))  // checked when it was read
        hours = std::move(*parsed);
}

gate::gate(config::source const& source)
    : source_(source),
      breaker_(std::make_shared<breaker>(source.breaker.failures, source.breaker.pause)),
      terms_(std::make_shared<terms const>(source))
{
}

bool gate::change(config::source const& to, std::chrono::system_clock::time_point wall_clock)
{
    auto made = std::make_shared<terms const>(to);
    {
        std::scoped_lock const lock(mutex_);
        terms_.swap(made);
    }
    breaker_->begin_anew(to.breaker.failures, to.breaker.pause);
    bool const wanted = is_wanted(wall_clock).has_value();
    if (!wanted)
        running_->end_all();
    return wanted;
}

std::shared_ptr<gate::terms const> gate::now() const
{
    std::scoped_lock const lock(mutex_);
    return terms_;
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
    auto const by = now();
    if (!by->enabled)
        return fail(errc::closed, where(" is switched off"));
    if (by->hours)
        if (auto const wait = by->hours->until_open(by->timezone, wall_clock); wait.count() > 0)
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
        case breaker::change::opened: {
            auto const by = this->now();
            spdlog::warn("source {} failed {} times in a row and is left alone for {} ms; the last time: {}",
                         source_.name, by->breaker.failures, by->breaker.pause.count(), how->code.message());
            break;
        }
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
