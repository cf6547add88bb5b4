#include "upstream/dimse/retrieve_way.hpp"

#include <algorithm>

namespace pons::upstream::dimse {

namespace {

constexpr auto remembered = std::chrono::hours(1);
constexpr unsigned most_failures = 3;
constexpr std::size_t most_studies = 64;

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

bool retrieve_way::may_leave_out_bulk_data(std::string const& study, time_point now) const
{
    std::scoped_lock const lock(mutex_);
    return failures_without_bulk_ < most_failures && std::ranges::none_of(failed_studies_, [&](failed_study const& f) {
               return f.uid == study && now < f.until;
           });
}

void retrieve_way::left_out_bulk_data()
{
    std::scoped_lock const lock(mutex_);
    failures_without_bulk_ = 0;
}

/// Requests that were on their way together fail together, and are one failure.
void retrieve_way::failed_without_bulk_data(std::string const& study, time_point now)
{
    std::scoped_lock const lock(mutex_);
    std::erase_if(failed_studies_, [&](failed_study const& f) { return f.until <= now; });
    if (std::ranges::find(failed_studies_, study, &failed_study::uid) != failed_studies_.end())
        return;
    if (failed_studies_.size() == most_studies)
        failed_studies_.erase(failed_studies_.begin());
    failed_studies_.push_back({study, now + remembered});
    ++failures_without_bulk_;
}

void retrieve_way::knows_no_instances_without_bulk_data()
{
    std::scoped_lock const lock(mutex_);
    failures_without_bulk_ = most_failures;
}

bool retrieve_way::has_failed(method m, time_point now) const
{
    return std::ranges::any_of(failures_, [&](memory const& f) { return f.of == m && now < f.until; });
}

}  // namespace pons::upstream::dimse
