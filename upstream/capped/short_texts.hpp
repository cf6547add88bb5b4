#pragma once

#include "config/settings.hpp"
#include "upstream/archive.hpp"
#include "upstream/capped/source_lore.hpp"

#include <memory>

namespace pons::upstream {

/// An archive around an archive that holds law 1 for keys of few letters (pacs-quirks F16): a find that brought nothing
/// by texts (names, identifiers, descriptions) is believed where keys of that attribute with as few letters have found
/// something. Else that is found out (`text_trial`), once for each attribute and length, and what is learned so holds
/// for all workers. Where the archive finds nothing by them, such a key is left out if another text or a UID narrows;
/// the rows are judged by the one who asks. If nothing else does, the answer says that it is incomplete.
///
/// What cannot be told is taken for honest (decision 0033).
///
/// Rows of studies are remembered in `lore` as they come. Whether an answer is all that matches is not looked at here:
/// `make_whole_finding` stands around it.
/// Retrieves, stores and verify go through. `source` outlives the archive. Errors and cancelling as `inner`.
std::unique_ptr<archive> make_text_doubting(std::unique_ptr<archive> inner, config::source const& source,
                                            std::shared_ptr<source_lore> lore);

}  // namespace pons::upstream
