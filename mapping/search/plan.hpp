#pragma once

#include "mapping/codecs/date_search.hpp"
#include "mapping/find_request.hpp"
#include "mapping/record.hpp"
#include "mapping/search/criteria.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pons::mapping::search {

/// What a source is known to do right; everything else is judged here (config: quirks).
struct abilities {
    bool relational = false;            ///< SERIES and IMAGE level without the UIDs above
    bool modalities_in_study = false;   ///< matches Modalities in Study
    bool names_without_case = false;    ///< matches Patient's Name without case; accents count
    bool empty_value_matching = false;  ///< "" finds empty attributes (PS3.4 C.2.2.2.7)
    bool leading_spaces = false;        ///< compares SH and LO without leading spaces, as PS3.5 §6.2 says
    bool wildcards = true;              ///< "*" and "?" are wild cards (PS3.4 C.2.2.2.4)
    bool study_id = true;               ///< Study ID, an optional key, is not refused
};

/// How far a search reaches into the archive.
enum class reach : std::uint8_t {
    keyed,      ///< by a selective key: UID, accession number, study id, patient
    dated,      ///< by study date only
    unbounded,  ///< nothing narrows
};

/// A query for values that are stored with leading spaces (PS3.5 §6.2: not significant; some archives compare them), or
/// that were cut and sent with a wild card.
struct second_try {
    std::vector<key> keys;
    std::vector<std::size_t>
        instead_of;  ///< alternatives of the plan: not to be asked when each of these brought a row
};

/// What to ask of one source: a superset of what matches, to be judged again (DESIGN section 4).
struct plan {
    bool impossible = false;  ///< no study of this source can match: nobody is asked
    search::reach reach = search::reach::unbounded;
    /// Each is one query, all of them together find every candidate; at least one.
    std::vector<std::vector<key>> alternatives;
    std::vector<second_try> second_tries;
    /// The level at which `alternatives` are asked: below STUDY they only find the studies' UIDs.
    level asked_at = level::study;
    codecs::da_range dates;         ///< local dates that a dated candidate may have
    bool undated_may_match = true;  ///< studies without a usable Study Date
    bool dated_may_match = true;    ///< false: started:missing=true
    std::vector<tag> also;          ///< asked for besides what the mapping reads
    /// Where nothing narrows: alternatives by patient names as most are written. They lose names with rarer accents.
    std::vector<std::vector<key>> by_name;
    bool loses_names = false;  ///< `alternatives` are such ones: what is found is to be called incomplete
    /// Studies that match by their Study ID alone are not found: that is to be told.
    bool loses_study_ids = false;
};

plan make_plan(std::span<criterion const> criteria, source_facts const& source, abilities const& can);

/// Takes `by_name`, if there is any, for a plan that is unbounded: where the whole archive may not be looked at, that
/// is better than nothing.
void settle_for_names(plan& p);

/// The query of one alternative, over `dates` when given (null: without a date key), asking for all that the mapping
/// reads at that level.
find_request to_find_request(plan const& p, std::vector<key> const& alternative, codecs::da_range const* dates);

/// SERIES of one study, or IMAGEs of one series, with all that the mapping reads.
find_request series_of(std::vector<std::string> study_uids);
find_request instances_of(std::string study_uid, std::string series_uid);

}  // namespace pons::mapping::search
