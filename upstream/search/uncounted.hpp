#pragma once

#include "upstream/search/source.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

/// Lists of series and of instances that nobody counted.
namespace pons::upstream {

struct fan_out_budget;

/// How many `t` (a Number of ... Related ...) counts. Nothing is counted as 0: where that is told, it is for want of a
/// count (pacs-quirks F3).
std::optional<std::uint32_t> count_in(mapping::data_set const& attributes, mapping::tag t);

/// What is told where `what` ("series", "instances") of a study was held back.
issue held_back_of_study(searched_source const& source, std::string_view what);

/// Looks beyond (`look_beyond`) the series of `studies`, of those that have as many as any and no count. Where
/// something lies beyond, or that cannot be known and there are as many as somebody would choose for a limit, the study
/// is partial, and `issues` tells it. Lengths of which one was looked into lately are left, but those like a limit.
/// Errors and cancelling: as `look_beyond`; `source.width` at a time.
awaitable<result<void>> series_beyond(searched_source& source, std::span<mapping::study_record* const> studies,
                                      fan_out_budget& budget, std::vector<issue>& issues, time_point deadline);

/// The same for the instances of each series, unless the count of their study is met. Where they are fewer than that,
/// what cannot be known counts as held back, whatever the length.
awaitable<result<void>> instances_beyond(searched_source& source, std::span<mapping::study_record* const> studies,
                                         fan_out_budget& budget, std::vector<issue>& issues, time_point deadline);

}  // namespace pons::upstream
