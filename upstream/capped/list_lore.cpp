#include "upstream/capped/list_lore.hpp"

#include <spdlog/spdlog.h>

namespace pons::upstream {

void list_lore::learn(mapping::level l, verdict v)
{
    auto const before = levels_[static_cast<std::size_t>(l)].exchange(v, std::memory_order_relaxed);
    if (v == verdict::not_taken && before != v)
        spdlog::warn("source {} does not understand a list of UIDs at {} level; it is asked for each of them", source_,
                     mapping::to_query_level(l));
}

}  // namespace pons::upstream
