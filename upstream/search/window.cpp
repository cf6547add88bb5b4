#include "upstream/search/window.hpp"

#include <algorithm>

namespace pons::upstream {

namespace {

using mapping::codecs::da_range;
using mapping::codecs::local_days;
using std::chrono::days;

constexpr std::int32_t max_days = 36'600;

}  // namespace

std::optional<mapping::codecs::local_days> window_start(std::optional<std::int64_t> started)
{
    if (!started)
        return {};
    return std::chrono::floor<std::chrono::days>(
               std::chrono::local_time<std::chrono::microseconds>(std::chrono::microseconds(*started))) +
           std::chrono::days{1};
}

window_walk::window_walk(da_range const& bounds, std::optional<local_days> start, local_days today, std::size_t target)
    : bounds_(bounds),
      last_(bounds.last),
      anchor_(today),
      target_(std::max<std::size_t>(target, 1)),
      done_(bounds.empty)
{
    if (start && (!last_ || *start < *last_))
        last_ = start;
    if (last_)
        anchor_ = *last_;
    if (bounds_.first && last_ && *bounds_.first > *last_)
        done_ = true;
}

local_days window_walk::first_of_next() const
{
    auto const first = (last_ ? *last_ : anchor_) - days{days_ - 1};
    return bounds_.first ? std::max(first, *bounds_.first) : first;
}

bool window_walk::reaches_bottom() const
{
    return bounds_.first ? first_of_next() <= *bounds_.first : first_of_next() <= oldest;
}

std::optional<da_range> window_walk::next() const
{
    if (done_)
        return {};
    da_range window{.first = first_of_next(), .last = last_, .empty = false};
    if (!bounds_.first && reaches_bottom())
        window.first.reset();
    return window;
}

void window_walk::answered(std::size_t rows)
{
    auto const first = first_of_next();
    complete_from_ = first;
    if (reaches_bottom()) {
        done_ = true;
        return;
    }
    last_ = first - days{1};
    if (rows * 2 < target_)
        days_ = std::min(days_ * (rows == 0 ? 4 : 2), max_days);
    else if (rows > target_ * 2)
        days_ = std::max(days_ / 2, 1);
}

bool window_walk::halve()
{
    auto const end = last_ ? *last_ : anchor_;
    auto const first = std::max(first_of_next(), oldest);
    auto const length = static_cast<std::int32_t>((end - first).count()) + 1;
    if (length <= 1)
        return false;
    days_ = std::max(length / 2, 1);
    return true;
}

}  // namespace pons::upstream
