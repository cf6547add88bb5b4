#pragma once

#include "proxy/dicomweb/query.hpp"
#include "upstream/search/deepen.hpp"
#include "upstream/search/order.hpp"
#include "upstream/search/source.hpp"

#include <memory>
#include <string>
#include <vector>

/// The search of one source for the DICOMweb face.
namespace pons::proxy::dicomweb {

/// One thing that was found, and where it stands in the order: studies newest first, undated last, then by UID; series
/// and instances of a study by number, then by UID.
struct hit {
    upstream::position at;
    std::uint32_t series_number = 0;
    std::string series_uid;
    std::uint32_t instance_number = 0;
    std::string sop_uid;
    std::shared_ptr<mapping::study_record> study;  ///< shared with the other hits of the study
    std::size_t series = 0;                        ///< in the study, below STUDY
    std::size_t instance = 0;                      ///< in the series, at IMAGE
    /// With `untold_match`: the keys that could not be judged, of the query.
    std::vector<mapping::match_key const*> untold = {};
    mapping::level level = mapping::level::study;  ///< what it is

    /// Null above that level.
    mapping::series_record const* of_series() const
    {
        return level == mapping::level::study ? nullptr : &study->series[series];
    }
    mapping::data_set const* of_instance() const
    {
        return level == mapping::level::instance ? &of_series()->instances[instance] : nullptr;
    }
};

bool before(hit const& a, hit const& b);

struct list_wanted {
    std::size_t count = 0;  ///< the first so many in the order
    std::uint32_t max_candidates = 0;
    upstream::fan_out_budget fan_out;
    std::int64_t now = 0;  ///< microseconds since 1970, UTC
};

struct listed {
    std::vector<hit> hits;  ///< in order, `count` at least when there are as many
    bool more = false;      ///< there may be others after them
    std::vector<issue> issues;
    upstream::fan_out_budget fan_out;  ///< what is left
    std::uint32_t queries = 0;         ///< at STUDY level
};

/// Finds what of `source` meets `query`: a superset is asked for, by the hierarchy, and every key is judged here. What
/// could not be judged because the archive does not tell the attribute at all is left out and told in `issues`, unless
/// the query wants it all the same.
///
/// Errors: upstream errc; mapping::errc::too_costly beyond `max_candidates` or `fan_out`. Cancelling: terminal.
awaitable<result<listed>> list(upstream::searched_source& source, search_query const& query, list_wanted wanted,
                               time_point deadline);

}  // namespace pons::proxy::dicomweb
