#include "upstream/capped/text_lore.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace pons::upstream {

namespace {

/// Longer keys than `limits.min_chars` can be are all alike: so the map is bounded.
constexpr std::size_t most_letters = 64;

}  // namespace

text_lore::verdict text_lore::of(mapping::tag attribute, std::size_t letters, time_point now) const
{
    auto const n = std::min(letters, most_letters);
    std::scoped_lock const lock(mutex_);
    auto const at = attributes_.find(attribute);
    if (at == attributes_.end())
        return verdict::unknown;
    auto const& known = at->second;
    if (now < known.nothing_until && n <= known.nothing)
        return verdict::nothing;
    if (now < known.finds_until && n >= known.finds)
        return verdict::finds;
    auto const open = known.open.find(n);
    return open != known.open.end() && now < open->second ? verdict::open : verdict::unknown;
}

void text_lore::finds(mapping::tag attribute, std::size_t letters, time_point now)
{
    auto const n = std::min(letters, most_letters);
    std::scoped_lock const lock(mutex_);
    auto& known = attributes_[attribute];
    if (now >= known.finds_until || n <= known.finds) {
        known.finds = n;
        known.finds_until = now + finds_for;
    }
    if (known.nothing >= n)
        known.nothing = n == 0 ? 0 : n - 1;
}

void text_lore::finds_nothing(mapping::tag attribute, std::size_t letters, time_point now)
{
    auto const n = std::min(letters, most_letters);
    bool is_news = false;
    {
        std::scoped_lock const lock(mutex_);
        auto& known = attributes_[attribute];
        known.nothing = now < known.nothing_until ? std::max(known.nothing, n) : n;
        known.nothing_until = now + nothing_for;
        if (known.finds <= n)
            known.finds_until = {};
        is_news = n > known.logged;
        known.logged = std::max(known.logged, n);
    }
    if (is_news)
        spdlog::warn(
            "source {} finds nothing by {} of {} letters or fewer, and says that this is all; "
            "set limits.min_chars",
            source_, mapping::describe(attribute), n);
}

void text_lore::stays_open(mapping::tag attribute, std::size_t letters, time_point now)
{
    std::scoped_lock const lock(mutex_);
    attributes_[attribute].open[std::min(letters, most_letters)] = now + open_for;
}

void text_lore::lacks_wild_cards(mapping::tag attribute, time_point now)
{
    std::scoped_lock const lock(mutex_);
    attributes_[attribute].exact_until = now + nothing_for;
}

bool text_lore::known_to_lack_wild_cards(mapping::tag attribute, time_point now) const
{
    std::scoped_lock const lock(mutex_);
    auto const at = attributes_.find(attribute);
    return at != attributes_.end() && now < at->second.exact_until;
}

void text_lore::is_matched_beside_uid(mapping::tag attribute)
{
    std::scoped_lock const lock(mutex_);
    matched_.insert(attribute);
}

bool text_lore::known_to_be_matched_beside_uid(mapping::tag attribute) const
{
    std::scoped_lock const lock(mutex_);
    return matched_.contains(attribute);
}

}  // namespace pons::upstream
