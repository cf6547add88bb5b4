#pragma once

#include "upstream/capped/known_studies.hpp"
#include "upstream/capped/list_lore.hpp"
#include "upstream/capped/text_lore.hpp"

#include <string>

namespace pons::upstream {

/// What was found out about the keys of one archive; each part says how it is shared.
struct source_lore {
    explicit source_lore(std::string const& source) : lists(source), texts(source) {}

    list_lore lists;
    text_lore texts;
    known_studies studies;
};

}  // namespace pons::upstream
