#include "proxy/dimse/relational_find.hpp"

#include "mapping/codecs/identifier.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace pons::proxy::dimse {

namespace {

using mapping::match_key;
using mapping::tag;
namespace tags = mapping::tags;

bool is_of(match_key const& k, tag t)
{
    return k.path.size() == 1 && k.path.front() == t;
}

/// Those of the key, if they are nothing else.
std::vector<std::string> uids_of(find_query const& query, tag t)
{
    auto const& keys = query.search.keys;
    auto const one = std::ranges::find_if(keys, [&](match_key const& k) { return is_of(k, t); });
    if (one == keys.end() ||
        !std::ranges::all_of(one->values, [](auto const& uid) { return mapping::codecs::is_uid(uid); }))
        return {};
    return one->values;
}

}  // namespace

std::optional<retrieve_query> to_be_located(find_query const& query)
{
    if (query.at < find_level::series || is_narrowed(query))
        return {};
    retrieve_query where;
    where.series = uids_of(query, tags::SeriesInstanceUID);
    if (query.at == find_level::image)
        where.instances = uids_of(query, tags::SOPInstanceUID);
    where.at = where.instances.empty() ? find_level::series : find_level::image;
    if (where.at == find_level::image && where.series.size() != 1)
        where.series.clear();
    if (where.series.empty() && where.instances.empty())
        return {};
    return where;
}

std::vector<dicomweb::search_query> searches_at(find_query const& query,
                                                std::span<upstream::retrieve_request const> places)
{
    bool const of_series = query.at == find_level::image;
    // An instance that is named may lie in another series than those that are.
    auto const in_series = of_series ? uids_of(query, tags::SeriesInstanceUID) : std::vector<std::string>();
    std::set<std::pair<std::string, std::string>> known;
    std::vector<dicomweb::search_query> searches;
    for (auto const& place : places) {
        auto series = of_series ? place.series_instance_uid : std::string();
        bool const is_elsewhere = !in_series.empty() && std::ranges::find(in_series, series) == in_series.end();
        if (is_elsewhere || !known.emplace(place.study_instance_uid, series).second)
            continue;
        auto& one = searches.emplace_back(query.search);
        one.where.study_uid = place.study_instance_uid;
        one.where.series_uid = std::move(series);
        if (of_series)
            std::erase_if(one.keys, [](match_key const& k) { return is_of(k, tags::SeriesInstanceUID); });
    }
    return searches;
}

}  // namespace pons::proxy::dimse
