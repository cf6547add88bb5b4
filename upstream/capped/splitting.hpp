#pragma once

#include "upstream/capped/asker.hpp"

namespace pons::upstream {

/// Asks for the rest of an answer that was cut, in parts that are small enough: a list of UIDs by half the list;
/// studies by date, halved as long as a half is cut, newest first; a day by time, down to half an hour; that by
/// modality, where the archive matches it; series by modality. What cannot be had so is told by `asks.incomplete`:
/// studies without a date where there was no date in `question`, those of a day without a time, other modalities.
///
/// Each part is compared with what is known: an archive that does not match what makes the parts is noticed, told of,
/// and not asked on. It ends early when no more rows are wanted, or `asker::most_queries` were asked.
///
/// `empty_values`: the archive matches them. Errors and cancelling: as `asker::ask`.
awaitable<result<void>> ask_in_parts(asker& asks, find_request const& question, answer const& first, bool empty_values);

}  // namespace pons::upstream
