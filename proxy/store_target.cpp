#include "proxy/store_target.hpp"

#include <algorithm>

namespace pons::proxy {

std::optional<std::string_view> choose_store_source(std::span<std::string_view const> sources,
                                                    std::string_view store_to)
{
    if (sources.size() == 1)
        return sources.front();
    auto const chosen = std::ranges::find(sources, store_to);
    return chosen != sources.end() ? std::optional(*chosen) : std::nullopt;
}

}  // namespace pons::proxy
