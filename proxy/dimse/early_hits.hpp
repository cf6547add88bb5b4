#pragma once

#include "proxy/dicomweb/list.hpp"
#include "proxy/dicomweb/query.hpp"
#include "upstream/search/source.hpp"

#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace pons::proxy::dimse {

/// Listens to what an archive answers to a search, and tells of each match as soon as nothing that still comes can
/// change it: its row is there, with those of the levels above that the search needs, and all keys are met. What can be
/// judged only when all has come is not told early; the search itself finds it.
///
/// Right where the source is the only one that is asked, and nothing of the row, or of those above it, is filled in
/// from elsewhere: not with `search_query::counted`.
class early_hits {
public:
    using taker = std::function<void(dicomweb::hit const&)>;

    /// All that is referred to outlives it. `take` is called on the executor of the search.
    early_hits(dicomweb::search_query const& query, upstream::searched_source& of, taker take);
    early_hits(early_hits const&) = delete;
    early_hits& operator=(early_hits const&) = delete;

    /// The same source, listened to: to be searched in its place. Only `find` and `verify`.
    upstream::searched_source& source() { return listened_; }

    /// A row that came for `request`.
    void hear(mapping::find_request const& request, mapping::data_set const& row);

private:
    using rows_by_uid = std::unordered_map<std::string, mapping::data_set>;

    bool needs(mapping::level above) const;
    bool asks_for_all(mapping::find_request const& request) const;
    mapping::data_set const* row_above(mapping::level above, std::string const& key, mapping::data_set& made) const;
    void tell(std::string const& study, std::string const& series, mapping::data_set const& row);

    dicomweb::search_query const& query_;
    taker take_;
    upstream::searched_source listened_;
    std::unordered_set<std::string> seen_;  // of what is searched for
    rows_by_uid studies_;
    rows_by_uid series_;  // by the UIDs of study and series
};

}  // namespace pons::proxy::dimse
