#include "upstream/capped/parts.hpp"

#include <algorithm>
#include <array>

namespace pons::upstream {

using mapping::find_request;
using mapping::key;
using mapping::tag;
namespace tags = mapping::tags;

tag own_uid(mapping::level at)
{
    static constexpr std::array own{tags::StudyInstanceUID, tags::SeriesInstanceUID, tags::SOPInstanceUID};
    return own[static_cast<std::size_t>(at)];
}

key const* key_of(find_request const& request, tag t)
{
    auto const at = std::ranges::find(request.keys, t, &key::attribute);
    return at == request.keys.end() || at->values.empty() ? nullptr : &*at;
}

std::optional<mapping::codecs::da_range> dates_of(find_request const& request)
{
    auto const* const k = key_of(request, tags::StudyDate);
    return k ? to_da_range(k->values.front()) : mapping::codecs::da_range{};
}

key const* uid_list_of(find_request const& request)
{
    auto const at = std::ranges::find_if(request.keys, [](key const& k) { return k.values.size() > 1; });
    return at == request.keys.end() ? nullptr : &*at;
}

find_request with(find_request request, tag t, std::vector<std::string> values)
{
    std::erase_if(request.keys, [&](key const& k) { return k.attribute == t; });
    std::erase(request.return_keys, t);
    request.keys.push_back({t, std::move(values)});
    return request;
}

find_request with(find_request request, mapping::codecs::da_range const& dates)
{
    auto range = mapping::codecs::to_da_key(dates);
    return range ? with(std::move(request), tags::StudyDate, std::vector<std::string>(1, std::move(*range)))
                 : std::move(request);
}

find_request with(find_request request, day_slice const& slice)
{
    return with(std::move(request), tags::StudyTime, std::vector<std::string>(1, to_tm_key(slice)));
}

find_request without(find_request request, tag t)
{
    return with(std::move(request), t, std::vector<std::string>(1, "\"\""));
}

}  // namespace pons::upstream
