#include "upstream/search/source.hpp"

#include "upstream/capped/row_limit.hpp"
#include "upstream/coalesce/used_answers.hpp"

#include <utility>

namespace pons::upstream {

std::uint32_t searched_source::most_results() const
{
    return limit ? limit->longest_answer() : 0;
}

searched_source searched_source::through(std::shared_ptr<archive> other) const
{
    auto same = *this;
    same.where = std::move(other);
    same.traced = nullptr;
    same.anew = nullptr;
    same.joining = nullptr;
    same.searching = nullptr;
    return same;
}

std::vector<searched_source> for_one_search(std::span<searched_source* const> sources)
{
    auto const used = std::make_shared<used_answers>();
    std::vector<searched_source> all;
    all.reserve(sources.size());
    for (auto const* const source : sources) {
        auto& one = all.emplace_back(*source);
        if (one.searching)
            one.where = one.searching(used);
    }
    return all;
}

std::vector<searched_source> asked_anew(std::span<searched_source* const> sources)
{
    std::vector<searched_source> all;
    all.reserve(sources.size());
    for (auto const* const source : sources) {
        auto& one = all.emplace_back(*source);
        if (one.anew)
            one.where = one.anew;
        one.searching = nullptr;
    }
    return all;
}

std::vector<searched_source*> pointers_to(std::vector<searched_source>& sources)
{
    std::vector<searched_source*> all;
    all.reserve(sources.size());
    for (auto& source : sources)
        all.push_back(&source);
    return all;
}

}  // namespace pons::upstream
