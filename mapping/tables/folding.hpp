#pragma once

#include <array>
#include <span>

/// Data for `codecs/folding.hpp`, made by `folding.py` from the Unicode character database. All ascending.
namespace pons::mapping::tables {

/// A code point past ASCII and what it becomes; unused places are 0.
struct fold_row {
    char32_t from;
    std::array<char32_t, 4> to;
};

struct mark_range {
    char32_t first;
    char32_t last;
};

/// A kana, a voicing mark, and the kana that both make.
struct kana_row {
    char32_t base;
    char32_t mark;
    char32_t composed;
};

extern std::span<fold_row const> const canonical_foldings;
extern std::span<fold_row const> const search_foldings;
extern std::span<mark_range const> const marks;
extern std::span<kana_row const> const voiced_kana;

}  // namespace pons::mapping::tables
