#pragma once

#include "proxy/dicomweb/list.hpp"
#include "proxy/dicomweb/query.hpp"
#include "upstream/search/source.hpp"

#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace pons::proxy::dimse {

/// Listens to what an archive answers to a search, and tells of each match as soon as nothing that still comes should
/// change it: its row is there, with those of the levels above that the search needs, and all keys are met. What can be
/// judged only when all has come is not told early; the search itself finds it. So does what is left to series
/// (`search_query::counted`).
///
/// Right where the source is the first of those that are asked, and the only one where something is counted: what
/// several hold is shown as the first tells it, with the modalities and the larger counts of all.
class early_hits {
public:
    using taker = std::function<void(dicomweb::hit const&)>;

    /// All that is referred to outlives it. `take` is called on the executor of the search.
    early_hits(dicomweb::search_query const& query, upstream::searched_source& of, taker take);
    early_hits(early_hits const&) = delete;
    early_hits& operator=(early_hits const&) = delete;

    /// The same source, listened to: to be searched in its place. Only `find` and `verify`.
    upstream::searched_source& source() { return listened_; }

    /// A match that was told has other modalities, as a second row of its study said afterwards (pacs-quirks F20). The
    /// source is not listened to again for such (`searched_source::repeats`).
    bool told_too_early() const { return told_too_early_; }

    /// A row that came for `request`.
    void hear(mapping::find_request const& request, mapping::data_set const& row);

private:
    using rows_by_uid = std::unordered_map<std::string, mapping::data_set>;

    bool needs(mapping::level above) const;
    bool asks_for_all(mapping::find_request const& request) const;
    void hear_study(std::string uid, mapping::data_set const& row);
    void join(mapping::data_set& known, mapping::data_set const& row, std::string const& study);
    mapping::data_set const* row_above(mapping::level above, std::string const& key, mapping::data_set& made) const;
    void tell(std::string const& study, std::string const& series, mapping::data_set const& row);

    dicomweb::search_query const& query_;
    taker take_;
    upstream::searched_source listened_;
    std::unordered_set<std::string> seen_;   // of what is searched for
    std::unordered_set<std::string> shown_;  // studies of which something was told
    rows_by_uid studies_;                    // of what is searched for its modalities alone
    rows_by_uid series_;                     // by the UIDs of study and series
    bool told_too_early_ = false;
};

}  // namespace pons::proxy::dimse
