#pragma once

#include "upstream/archive.hpp"

#include <cstddef>
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

    bool empty() const { return series.empty() && instances == 0; }
};

/// Asks `of` what `request` holds: SERIES level for a study, IMAGE level for each series, then, for what is still
/// unknown, the Modality of a series that was named, and STUDY level. At most 200 queries in half of the time to
/// `deadline`; what is not known then stays empty, as does what the archive cannot answer. Rows of other studies and
/// series are passed over: some archives ignore keys.
///
/// Errors: unreachable, association_rejected, overloaded, unsupported, cancelled; timed_out when `deadline` has passed.
awaitable<result<contents>> look_into(archive& of, retrieve_request const& request, time_point deadline);

/// Whether `known` names every instance of `request` by the archive's own count, Number of Study or Series Related
/// Instances (0020,1208), (0020,1209), for which it is asked once more: a list that was cut short looks like a whole
/// one. One instance is there or not. False also when the archive does not count, or cannot be asked by `deadline`.
/// Cancelling as `find`.
awaitable<bool> names_all(archive& of, retrieve_request const& request, contents const& known, time_point deadline);

}  // namespace pons::upstream::dimse
