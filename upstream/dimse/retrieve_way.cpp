#include "upstream/dimse/retrieve_way.hpp"

#include <algorithm>

namespace pons::upstream::dimse {

namespace {

constexpr auto remembered = std::chrono::hours(1);
constexpr std::size_t most_classes = 200;

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

bool retrieve_way::may_extract_frames(std::string const& sop_class, time_point now) const
{
    std::scoped_lock const lock(mutex_);
    auto const is_doubtful = [&](std::string const& of) {
        auto const found = frames_of_.find(of);
        return found != frames_of_.end() && now < found->second.until;
    };
    return !is_doubtful({}) && !is_doubtful(sop_class);
}

void retrieve_way::extracted_frames(std::string const& sop_class)
{
    std::scoped_lock const lock(mutex_);
    frames_of_.erase(sop_class);
}

void retrieve_way::failed_to_extract_frames(std::string const& sop_class, bool for_good, time_point now)
{
    std::scoped_lock const lock(mutex_);
    if (frames_of_.size() >= most_classes)
        frames_of_.clear();
    auto& of = frames_of_[for_good ? std::string() : sop_class];
    if (!for_good && ++of.failures < most_failures_)
        return;
    of = {.failures = 0, .until = now + remembered};
}

bool retrieve_way::has_failed(method m, time_point now) const
{
    return std::ranges::any_of(failures_, [&](memory const& f) { return f.of == m && now < f.until; });
}

}  // namespace pons::upstream::dimse
