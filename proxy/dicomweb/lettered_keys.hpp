#pragma once

#include "mapping/data_set.hpp"
#include "mapping/matching.hpp"
#include "proxy/dicomweb/query.hpp"
#include "upstream/search/misread_letters.hpp"

#include <span>
#include <vector>

namespace pons::proxy::dicomweb {

/// The keys of a query that hold letters beyond ASCII, and whether a study may have met them although it was refused
/// (`misread_letters`). As `upstream::lettered_criteria`, by DICOM's rules.
class lettered_keys {
public:
    /// `query` outlives it. `text`: that of the rows of the source.
    lettered_keys(search_query const& query, mapping::source_text const& text);

    /// The attributes of a study that did not meet the keys of the query that can be judged by them.
    void refused(mapping::data_set const& study);
    /// Text without a label was read by what most use.
    void guessed() { misread_.guessed(); }
    /// Once all rows were seen. `matched`: something was found.
    void tell(bool matched, std::vector<issue>& issues) const { misread_.tell(matched, issues); }

private:
    struct one {
        std::vector<mapping::match_key> by;
        upstream::lettered_key key;
    };
    std::vector<one> lettered_;
    std::vector<mapping::match_key> plain_;
    upstream::misread_letters misread_;
};

}  // namespace pons::proxy::dicomweb
