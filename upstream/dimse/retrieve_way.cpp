#include "upstream/dimse/retrieve_way.hpp"

#include <algorithm>

namespace pons::upstream::dimse {

namespace {

constexpr auto remembered = std::chrono::hours(1);

}  // namespace

std::vector<retrieve_way::method> retrieve_way::in_order(time_point now) const
{
    auto ways = configured_;
    std::scoped_lock const lock(mutex_);
    std::ranges::stable_partition(ways, [&](method m) { return !has_failed(m, now); });
    return ways;
}

void retrieve_way::failed(method m, time_point now)
{
    std::scoped_lock const lock(mutex_);
    std::erase_if(failures_, [&](memory const& f) { return f.of == m; });
    failures_.push_back({m, now + remembered});
}

bool retrieve_way::has_failed(method m, time_point now) const
{
    return std::ranges::any_of(failures_, [&](memory const& f) { return f.of == m && now < f.until; });
}

}  // namespace pons::upstream::dimse
