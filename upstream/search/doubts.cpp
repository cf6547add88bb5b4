#include "upstream/search/doubts.hpp"

#include <algorithm>

namespace pons::upstream {

using mapping::data_set;
using mapping::level;
using mapping::tag;

void doubts::hear(level at, data_set const& row)
{
    if (at == level::study)
        telling_.hear(row);
    for (auto& one : deciding_)
        if (!one.heard && one.at == at && row.contains(one.what))
            one.heard = true;
}

bool doubts::lacks_any(data_set const& study) const
{
    return std::ranges::any_of(
        deciding_, [&](attribute const& one) { return one.at != level::study || !study.contains(one.what); });
}

void doubts::remember(std::vector<std::vector<tag>> lacking, data_set const& study)
{
    auto const untold = telling_.untold(study);
    auto const little = std::erase_if(lacking, [&](auto const& reason) {
        return std::ranges::any_of(reason, [&](tag t) { return std::ranges::find(untold, t) != untold.end(); });
    });
    if (lacking.empty())
        told_too_little_ = told_too_little_ || little != 0;
    else
        left_out_.insert({.lacking = std::move(lacking), .little = little != 0});
}

bool doubts::is_heard(tag what) const
{
    return std::ranges::any_of(deciding_, [&](attribute const& one) { return one.what == what && one.heard; });
}

bool doubts::stands(std::vector<tag> const& reason) const
{
    return std::ranges::any_of(reason, [&](tag t) { return !is_heard(t) || telling_.expects(t); });
}

void doubts::tell(std::vector<issue>& issues) const
{
    bool little = told_too_little_;
    std::set<tag> never;
    for (auto const& row : left_out_) {
        if (!std::ranges::all_of(row.lacking, [&](auto const& reason) { return stands(reason); }))
            continue;
        little = little || row.little;
        for (auto const& reason : row.lacking)
            for (auto const t : reason) {
                little = little || telling_.expects(t);
                if (!is_heard(t))
                    never.insert(t);
            }
    }
    auto const say = [&](std::string text) {
        issue odd{issue::kind::incomplete, std::move(text)};
        if (std::ranges::find(issues, odd) == issues.end())
            issues.push_back(std::move(odd));
    };
    if (little)
        say("the archive tells too little of some studies to know whether they match");
    for (auto const& one : deciding_)
        if (never.contains(one.what))
            say("the archive does not tell " + one.name + ", so that what matches could not be found by it");
}

bool doubts::is_answered(tag what, data_set const& study) const
{
    if (!is_heard(what))
        return false;
    auto const untold = telling_.untold(study);
    return std::ranges::find(untold, what) == untold.end();
}

}  // namespace pons::upstream
