#include "proxy/dicomweb/judging.hpp"

#include <algorithm>
#include <vector>

namespace pons::proxy::dicomweb {

using mapping::data_set;
using mapping::match_key;
using mapping::matched;

matched judge(std::span<match_key const> keys, std::span<data_set const* const> levels, bool apart)
{
    auto const is_time = [](match_key const& k) { return k.as == mapping::vr_of('T', 'M') && !k.values.empty(); };
    if (!apart || std::ranges::none_of(keys, is_time))
        return mapping::matcher(keys).of(levels);
    std::vector<match_key> times;
    std::vector<match_key> others;
    for (auto const& k : keys)
        (is_time(k) ? times : others).push_back(k);
    return std::min(mapping::matcher(times).of(levels), mapping::matcher(others).of(levels));
}

}  // namespace pons::proxy::dicomweb
