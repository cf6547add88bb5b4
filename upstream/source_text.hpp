#pragma once

#include "config/settings.hpp"
#include "mapping/charset.hpp"
#include "mapping/result.hpp"

#include <vector>

/// In which character sets an archive writes (quirks.charset_default, quirks.charset_labels).
namespace pons::upstream {

/// That of its data sets.
mapping::source_text text_of(config::source const& source);

/// That of its rows as they are handed on: what a server tells as JSON is UTF-8, whatever a label in it says.
mapping::source_text text_of_rows(config::source const& source);

/// Nobody has said what is used without a label: it is what most use.
bool is_assumed(config::source const& source);

/// The remark of a find that text without a label was read by what `is_assumed`.
issue guessed_text();

/// Takes the remark away, since it says nothing to those who ask, and says whether it was there.
bool take_guessed_text(std::vector<issue>& issues);

}  // namespace pons::upstream
