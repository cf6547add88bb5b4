#pragma once

#include "upstream/archive.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace pons::upstream::dimse {

/// SOP Class UID to the transfer syntaxes in which the archive says it can hand such instances out; empty: not said.
using held_classes = std::map<std::string, std::set<std::string>>;

struct series_contents {
    std::string uid;
    std::string modality;
    held_classes classes;  ///< empty: not known
};

/// What an archive says that it holds of a retrieve.
struct contents {
    std::vector<series_contents> series;
    held_classes of_study;  ///< SOPClassesInStudy (0008,0062), asked only when the classes of a series are not known
    std::size_t instances = 0;   ///< rows of them
    std::set<std::string> uids;  ///< SOP Instance UIDs that they name
    std::uint32_t frames = 0;    ///< of the one instance, asked only when frames are wanted; 0: not said

    bool empty() const { return series.empty() && instances == 0; }
};

/// Asks `of` what `request` holds: SERIES level for a study, IMAGE level for each series, then, for what is still
/// unknown, the Modality of a series that was named, and STUDY level. At most 200 queries in half of the time to
/// `deadline`; what is not known then stays empty, as does what the archive cannot answer. Rows of other studies and
/// series are passed over: some archives ignore keys.
///
/// Errors: unreachable, association_rejected, overloaded, unsupported, cancelled; timed_out when `deadline` has passed.
awaitable<result<contents>> look_into(archive& of, retrieve_request const& request, time_point deadline);

}  // namespace pons::upstream::dimse
