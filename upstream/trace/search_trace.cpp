#include "upstream/trace/search_trace.hpp"

#include <algorithm>

namespace pons::upstream {

using mapping::search::verdict;

std::shared_ptr<traced_find> search_trace::begin(find_request const& request, std::string_view why)
{
    auto one = std::make_shared<traced_find>();
    one->request = request;
    one->why = why;
    one->at = now();
    finds_.push_back(one);
    return one;
}

void search_trace::judge_by(std::span<mapping::search::criterion const> criteria)
{
    judges_.clear();
    for (auto const& c : criteria)
        judges_.emplace_back(c.name(), mapping::search::judge(std::span(&c, 1)));
}

void search_trace::refuse(mapping::study_record const& study, std::span<mapping::tag const> untold)
{
    for (auto const& [name, judge] : judges_)
        if (judge.of(study, untold) == verdict::no)
            return drop("does not meet " + name);
    drop("it is not known whether it matches");
}

void search_trace::drop(std::string_view why, std::size_t how_many)
{
    if (how_many == 0)
        return;
    auto at = std::ranges::find(dropped_, why, [](auto const& one) { return std::string_view(one.first); });
    if (at == dropped_.end())
        at = dropped_.emplace(dropped_.end(), why, 0U);
    at->second += static_cast<std::uint32_t>(how_many);
}

}  // namespace pons::upstream
