#pragma once

#include "config/settings.hpp"
#include "mapping/matching.hpp"
#include "mapping/result.hpp"
#include "mapping/search/query_string.hpp"
#include "upstream/search/rows.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// The query of a search transaction (PS3.18 §8.3.4, §10.6).
namespace pons::proxy::dicomweb {

/// Where a search looks: what its results are, and the UIDs of its path.
struct search_resource {
    mapping::level at = mapping::level::study;
    std::string study_uid;
    std::string series_uid;
};

struct search_query {
    search_resource where;
    std::vector<mapping::match_key> keys;  ///< with values; the path's UIDs are not among them
    std::vector<mapping::tag> fields;      ///< asked for beside what every result has, those of the keys included
    bool all_fields = false;
    std::uint32_t limit = 0;
    std::uint32_t offset = 0;
    std::vector<std::string> warnings;  ///< what could not be done as asked

    // Where C-FIND differs (PS3.4 C.2.2.2, C.4.1).
    bool times_apart = false;       ///< a date and its time are matched each by itself, not as one range
    bool untold_match = false;      ///< what lacks the attribute of a key is a result, if a doubtful one
    bool names_as_archive = false;  ///< an archive may compare names with case, and nobody is told
    /// Modalities and counts of studies that are filled in where archives leave them out.
    std::vector<mapping::tag> counted{upstream::told_of_series.begin(), upstream::told_of_series.end()};
};

/// Understands the parameters of a search: attributes by keyword or tag, sequences with dots, `includefield`, `limit`,
/// `offset`, `fuzzymatching`, `emptyvaluematching`, `multiplevaluematching`. `accept` and `charset` are passed over.
///
/// Errors: mapping::errc::unknown_parameter for what is no attribute that Pons knows, or one of a level below;
/// invalid_value; where a parameter stands twice as well. `where` names the attribute when it is one, never a value.
result<search_query> parse_search(search_resource where, std::span<mapping::search::parameter const> parameters,
                                  config::dicomweb const& config);

}  // namespace pons::proxy::dicomweb
