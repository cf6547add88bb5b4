#pragma once

#include "upstream/capped/asker.hpp"

namespace pons::upstream {

/// What an answer turned out to be that may have ended for a limit that nobody knows.
enum class finding {
    whole,  ///< it is all that matches
    cut,    ///< it is not; the limit is learned
    open    ///< the archive cannot be asked so that it would show
};

/// Asks for both halves of `question`, by study date, else by time: when both are shorter than the `first` answer, the
/// limit did not end them, and when they bring nothing new, `first` was whole. If something new comes, `question` is
/// asked once more, because it may have arrived meanwhile. Below STUDY, where nothing can be halved, and for studies
/// without a date, only what is known of other answers decides.
///
/// It is done for an answer that is longer than all of the last hour, or as long as the longest; for one as long as an
/// answer to another question, since which none was longer; and for round numbers. What was found whole is not examined
/// again for `row_limit::stays_whole`.
///
/// `empty_values`: the archive matches them. Errors: as `asker::ask`, but a refusal leaves it open. Cancelling: as
/// that.
awaitable<result<finding>> examine(asker& asks, find_request const& question, answer const& first, bool empty_values);

/// Examines `first` if it is doubtful, and sets `first.cut` by that; what stays open is told by `asks.incomplete`,
/// unless it was unlikely.
/// Errors and cancelling: as `examine`.
awaitable<result<void>> resolve_doubt(asker& asks, find_request const& question, answer& first, bool empty_values);

}  // namespace pons::upstream
