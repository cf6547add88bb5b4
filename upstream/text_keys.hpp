#pragma once

#include "mapping/dictionary.hpp"

#include <cstddef>
#include <string_view>

/// Keys that are texts, as archives count their letters that want some of them at least (pacs-quirks F16).
namespace pons::upstream {

/// Whether it is a name, a long or a short string: identifiers, names and descriptions (PS3.5 §6.2: PN, LO, SH).
bool is_text(mapping::tag t);

/// Characters of a value in UTF-8 that are no wild cards.
std::size_t letters_of(std::string_view value);

}  // namespace pons::upstream
