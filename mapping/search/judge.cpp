#include "mapping/search/judge.hpp"

#include "mapping/search/judged_criterion.hpp"

#include <algorithm>

namespace pons::mapping::search {

judge::judge(std::span<criterion const> criteria)
{
    for (auto const& c : criteria)
        criteria_.emplace_back(c);
}

judge::~judge() = default;
judge::judge(judge&&) noexcept = default;

verdict judge::of(study_record const& record, std::span<tag const> untold) const
{
    auto all = verdict::yes;
    for (auto const& c : criteria_) {
        auto const one = c.of(record, untold);
        if (one == verdict::no)
            return verdict::no;
        if (one == verdict::open)
            all = verdict::open;
    }
    return all;
}

bool is_one_of(study_record const& record, std::span<issued_id const> ids)
{
    return std::ranges::any_of(ids, [&](auto const& id) { return tables::is_patient(record, id.system, id.value); });
}

level judge::depth() const
{
    auto deepest = level::study;
    for (auto const& c : criteria_)
        deepest = std::max(deepest, c.c->row->name == "status" ? level::series : c.c->row->at);
    return deepest;
}

}  // namespace pons::mapping::search
