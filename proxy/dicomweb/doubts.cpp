#include "proxy/dicomweb/doubts.hpp"

#include "mapping/levels.hpp"

#include <algorithm>

namespace pons::proxy::dicomweb {

using mapping::match_key;

void doubts::hear(mapping::level at, mapping::data_set const& row)
{
    if (at == mapping::level::study)
        telling_.hear(row);
    for (auto const& k : query_.keys)
        if (mapping::level_of(k.path.front()) == at && row.contains(k.path.front()))
            told_.insert(&k);
}

void doubts::remember(std::span<match_key const* const> keys, mapping::data_set const& study)
{
    auto const untold = telling_.untold(study);
    for (auto const* const k : keys) {
        untold_.insert(k);
        told_too_little_ = told_too_little_ || std::ranges::find(untold, k->path.front()) != untold.end();
    }
}

void doubts::tell(std::vector<issue>& issues) const
{
    if (told_too_little_)
        issues.push_back(
            {issue::kind::incomplete, "the archive tells too little of some studies to know whether they match"});
    for (auto const* const k : untold_)
        if (!told_.contains(k))
            issues.push_back({issue::kind::incomplete, "the archive does not tell " + describe(*k) +
                                                           ", so that what matches could not be found by it"});
}

bool doubts::are_answered(std::span<match_key const* const> untold, mapping::data_set const& study) const
{
    if (untold.empty())
        return false;
    auto const of_study = telling_.untold(study);
    return std::ranges::any_of(untold, [&](match_key const* k) {
        return told_.contains(k) && std::ranges::find(of_study, k->path.front()) == of_study.end();
    });
}

}  // namespace pons::proxy::dicomweb
