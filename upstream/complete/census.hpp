#pragma once

#include "upstream/archive.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace pons::upstream {

/// What an archive says that it holds of a study, of a series, or of one instance.
struct census {
    std::map<std::string, std::string> series_of;  ///< Series Instance UID by SOP Instance UID
    std::uint64_t announced = 0;                   ///< instances by the counts of the archive, where it has some
    /// Why it may not be all, a literal: an answer was cut, or may have been, or a count is higher than what is listed.
    std::string_view doubt;

    bool whole() const { return doubt.empty(); }
};

/// Takes each IMAGE row while a census is taken, and the UID of its series. Its first error ends the census.
using image_judge = std::function<result<void>(std::string_view series_uid, mapping::data_set const& image)>;

/// Learns by find: STUDY for its counts, SERIES, then IMAGE for each series, one after the other, each within `time`
/// and none of them beyond `by`. `cap`: rows after which the archive stops, 0 when not known. `also`: attributes that
/// IMAGE rows are asked for besides, for `each`; it is a literal table. Errors: those of `find`, and of `each`.
/// Cancelling as `find`.
awaitable<result<census>> take_census(archive& of, retrieve_request what, std::uint32_t cap,
                                      std::chrono::milliseconds time, time_point by = time_point::max(),
                                      std::span<mapping::tag const> also = {}, image_judge each = {});

/// The same where a census of it was taken a moment ago. What came to the archive since then is not in that: it is
/// `known` again only if it was whole and the archive, asked now (STUDY, or SERIES for a series), counts as many
/// instances as it lists; else it goes on to a census of its own. `known` null: `take_census`.
awaitable<result<census>> renew_census(archive& of, std::shared_ptr<census const> known, retrieve_request what,
                                       std::uint32_t cap, std::chrono::milliseconds time,
                                       time_point by = time_point::max());

}  // namespace pons::upstream
