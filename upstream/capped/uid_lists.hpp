#pragma once

#include "upstream/capped/asker.hpp"
#include "upstream/capped/source_lore.hpp"

namespace pons::upstream {

/// The key that is a list of UIDs of the level of `request` itself; null: there is none.
mapping::key const* own_list_of(find_request const& request);

/// Asks for each UID of the list alone, where lists are known not to be understood. One that the archive refuses, or
/// cuts, is told of by `asks.incomplete`. Errors and cancelling: as `asker::ask`.
awaitable<result<void>> ask_for_each(asker& asks, find_request const& question, mapping::key const& list);

/// What an answer to the whole list shows of an archive: more than one of its UIDs, or one from between the others.
/// `first` is the only answer so far.
void learn_from_list(asker const& asks, mapping::key const& list, list_lore& lore);

/// Asks for those of the list that no answer had, unless it is known that the archive understands lists: then it does
/// not hold them. That is found out by one more list, in the middle of which is a UID that the archive is known to
/// hold: of this question, else one that it gave before, else any, which is asked for. Where it holds nothing at all,
/// nothing of the list is there. Where none can be had, up to `most_alone` are asked for alone; those beyond are told
/// of by `asks.incomplete`, as is one that the archive refuses alone. So it costs a handful of queries once, and then
/// nothing, or, before an archive that does not understand lists, a query for each UID; an empty archive costs two.
///
/// Errors and cancelling: as `asker::ask`.
awaitable<result<void>> ask_for_unseen(asker& asks, find_request const& question, mapping::key const& list,
                                       source_lore& lore);

/// A page of the default length.
inline constexpr std::size_t most_alone = 20;

}  // namespace pons::upstream
