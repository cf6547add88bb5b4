#pragma once

#include "upstream/archive.hpp"

#include <cstdint>
#include <map>
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

/// Learns by find: STUDY for its counts, SERIES, then IMAGE for each series, one after the other, each within `time`
/// and none of them beyond `by`. `cap`: rows after which the archive stops, 0 when not known. Errors: those of `find`.
/// Cancelling as `find`.
awaitable<result<census>> take_census(archive& of, retrieve_request what, std::uint32_t cap,
                                      std::chrono::milliseconds time, time_point by = time_point::max());

}  // namespace pons::upstream
