#pragma once

#include "mapping/data_set.hpp"
#include "mapping/matching.hpp"
#include "mapping/result.hpp"
#include "proxy/dicomweb/query.hpp"
#include "upstream/search/telling.hpp"

#include <set>
#include <span>
#include <vector>

namespace pons::proxy::dicomweb {

/// What a search of one source could not judge, since its archive does not tell the attribute: without one that it
/// tells of others a row is not known to match or not (pacs-quirks F23).
class doubts {
public:
    /// `query` outlives it. `omits_empty`: rows lack what has no value.
    doubts(search_query const& query, bool omits_empty) : query_(query), telling_(omits_empty) {}

    /// Each row, so that it is known which attributes of that level the archive tells at all.
    void hear(mapping::level at, mapping::data_set const& row);

    /// A row of `study` was left out because it could not be judged by `keys`, of the query.
    void remember(std::span<mapping::match_key const* const> keys, mapping::data_set const& study);

    /// Tells of the keys by which what matches could not be found: leaving it out is not done in silence. Once all rows
    /// were heard.
    void tell(std::vector<issue>& issues) const;

    /// Whether a row of `study`, kept although `untold` could not be judged, does not match after all: what lacks an
    /// attribute that the archive tells of others does not have it, unless little is told of its study at all. Once all
    /// rows were heard.
    bool are_answered(std::span<mapping::match_key const* const> untold, mapping::data_set const& study) const;

private:
    search_query const& query_;
    upstream::telling telling_;
    std::set<mapping::match_key const*> told_;    // some row has the attribute
    std::set<mapping::match_key const*> untold_;  // some row could not be judged without it
    bool told_too_little_ = false;
};

}  // namespace pons::proxy::dicomweb
