#include "upstream/guard/breaker.hpp"

#include <algorithm>

namespace pons::upstream {

namespace {

using std::chrono::seconds;

constexpr int longest = 8;  // times the configured pause

}  // namespace

breaker::breaker(std::uint32_t failures, std::chrono::milliseconds pause)
    : failures_(failures), pause_(pause), pausing_(pause)
{
}

tl::expected<breaker::pass, seconds> breaker::enter(time_point now)
{
    std::scoped_lock const lock(mutex_);
    if (!open_)
        return pass(shared_from_this(), 0);
    if (now < until_) {
        auto const left = std::chrono::ceil<seconds>(until_ - now);
        return tl::unexpected(trying_ ? seconds(1) : std::max(left, seconds(1)));
    }
    trying_ = true;
    until_ = now + pausing_;
    return pass(shared_from_this(), ++trials_);
}

bool breaker::is_open() const
{
    std::scoped_lock const lock(mutex_);
    return open_;
}

void breaker::begin_anew(std::uint32_t failures, std::chrono::milliseconds pause)
{
    std::scoped_lock const lock(mutex_);
    failures_ = failures;
    pausing_ = pause_ = pause;
    in_a_row_ = 0;
    open_ = trying_ = false;
    ++trials_;
}

breaker::change breaker::pass::tell(outcome how, time_point now)
{
    auto const of = std::exchange(of_, nullptr);
    return of ? of->tell(how, trial_, now) : change::none;
}

breaker::change breaker::tell(outcome how, std::uint32_t trial, time_point now)
{
    std::scoped_lock const lock(mutex_);
    bool const decides = open_ && trial != 0 && trial == trials_;
    if (decides)
        trying_ = false;
    switch (how) {
        case outcome::unknown:
            if (decides)
                until_ = now;
            return change::none;
        case outcome::answered:
            in_a_row_ = 0;
            trying_ = false;
            ++trials_;  // whoever still tries decides no more
            pausing_ = pause_;
            return std::exchange(open_, false) ? change::closed : change::none;
        case outcome::failed:
            break;
    }
    if (open_ && !decides)  // it began before the pause did
        return change::none;
    if (decides)
        pausing_ = std::min(2 * pausing_, longest * pause_);
    else if (++in_a_row_ < failures_ || failures_ == 0)
        return change::none;
    until_ = now + pausing_;
    return std::exchange(open_, true) ? change::none : change::opened;
}

}  // namespace pons::upstream
