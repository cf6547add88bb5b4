#pragma once

#include "config/settings.hpp"
#include "upstream/archive.hpp"
#include "upstream/capped/row_limit.hpp"
#include "upstream/capped/source_lore.hpp"

#include <memory>

namespace pons::upstream {

/// An archive around an archive that holds law 1 for finds: an answer is all that matches, or `truncated`. Archives
/// stop after a number of rows, most of them without a word (pacs-quirks F11), or refuse what is too much (F10).
///
/// An answer that was cut, because it has as many rows as the limit that is configured or was learned, because the
/// archive said so, or because it refused, is asked for in parts (`ask_in_parts`, pacs-quirks A8.1), one after the
/// other. An answer that is longer than any before it may be cut by a limit that nobody knows, and is examined
/// (`examine`); what is learned so holds for all workers. All other answers cost the one query.
///
/// UIDs of a list that did not come are asked for alone where the archive may not understand lists (`ask_for_unseen`).
///
/// Each row is given once, by its UIDs. `max_rows` and the deadline hold for all queries together. When rows are
/// missing, or may be, `truncated` is set, and unless this is for `max_rows`, an issue of the kind incomplete says
/// why at STUDY level; below it, counts may show that nothing is missing, and the one who asked says it.
///
/// `lore`: what is known of that, shared by the workers; null: what this one finds out is its own.
/// Retrieves, stores and verify go through. `source` outlives the archive. Errors and cancelling as `inner`; too_broad
/// is not among them.
std::unique_ptr<archive> make_whole_finding(std::unique_ptr<archive> inner, std::shared_ptr<row_limit> limit,
                                            config::source const& source, std::shared_ptr<source_lore> lore = nullptr);

}  // namespace pons::upstream
