#include "proxy/dimse/worklist_query.hpp"

#include "proxy/dimse/identifier_keys.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace pons::proxy::dimse {

namespace {

using mapping::data_set;
using mapping::matched;
using mapping::tag;
using mapping::vr;
namespace tags = mapping::tags;

/// Whether something is known of it: an empty sequence tells of all that would be in it.
bool is_told(data_set const& item, std::span<tag const> path)
{
    if (path.size() == 1 || !item.contains(path.front()))
        return item.contains(path.front());
    auto const items = item.items(path.front());
    return items.empty() ||
           std::ranges::any_of(items, [&](auto const& each) { return is_told(each, path.subspan(1)); });
}

}  // namespace

result<worklist_asked> to_worklist_query(data_set identifier)
{
    constexpr std::array of_query{tags::SpecificCharacterSet, tags::QueryRetrieveLevel};
    worklist_asked query;
    result<void> done;
    identifier.for_each([&](tag t, vr as, bool is_sequence) {
        if (!done || std::ranges::find(of_query, t) != of_query.end() || mapping::element_number(t) == 0)
            return;
        auto const* const known = mapping::find_attribute(t);
        done = add_keys(identifier, t, known ? known->vr : as, is_sequence, query.keys);
    });
    if (!done)
        return tl::unexpected(done.error());
    query.charset = charset_of(identifier);
    query.identifier = std::move(identifier);
    return query;
}

matched judge_item(worklist_asked const& query, data_set const& item)
{
    std::vector<mapping::match_key> told;
    std::ranges::copy_if(query.keys, std::back_inserter(told), [&](auto const& k) { return is_told(item, k.path); });
    data_set const* const levels[] = {&item};
    auto const how = mapping::matcher(told).of(levels);
    return told.size() == query.keys.size() ? how : std::min(how, matched::open);
}

}  // namespace pons::proxy::dimse
