#include "upstream/capped/list_lore.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace pons::upstream {

void list_lore::learn(mapping::level l, verdict v)
{
    auto const before = levels_[static_cast<std::size_t>(l)].exchange(v, std::memory_order_relaxed);
    if (v == verdict::not_taken && before != v)
        spdlog::warn("source {} does not understand a list of UIDs at {} level; it is asked for each of them", source_,
                     mapping::to_query_level(l));
}

void list_lore::holds(std::string study_uid)
{
    std::scoped_lock const lock(mutex_);
    held_ = std::move(study_uid);
}

std::string list_lore::held_study() const
{
    std::scoped_lock const lock(mutex_);
    return held_;
}

}  // namespace pons::upstream
