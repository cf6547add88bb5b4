#pragma once

#include "mapping/search/criteria.hpp"
#include "proxy/fhir/service.hpp"

#include <cstdint>
#include <optional>
#include <vector>

/// One search over all sources (DESIGN section 6).
namespace pons::proxy::fhir {

struct search_wanted {
    upstream::order order;
    std::optional<upstream::position> after;
    std::size_t count = 20;
    bool everything = false;
    mapping::level depth = mapping::level::series;
    bool counts_shown = true;  ///< modality and counts are shown: filled in from the series where an archive left them out
    std::int64_t now = 0;
};

struct search_found {
    std::vector<mapping::study_record> studies;  ///< at most `count`, in order, each UID once
    bool more = false;
    std::optional<std::uint32_t> total;
    std::vector<issue> issues;
    std::uint32_t queries = 0;
};

/// The sources that a search asks: those whose Endpoints meet its `endpoint` criteria.
std::vector<upstream::searched_source*> sources_for(service& s, mapping::search::request const& asked);

/// Whether the search may be made as it stands. Errors: errc::too_costly without a key that narrows (the message names
/// those that do), errc::invalid_value for a bare patient id when the sources do not share an issuer.
result<void> admit(service const& s, mapping::search::request const& asked,
                   std::vector<upstream::searched_source*> const& asked_sources);

/// Asks every source at once and merges by UID: a study that several hold is one, with the Endpoints of all holders.
///
/// A source that fails: the failure itself when it is the only one asked or nothing matched elsewhere (then 503, since
/// an empty list would read as "no prior"), else an issue `incomplete`. Errors: upstream and mapping errc, and
/// errc::ambiguous_patient. Cancelling: terminal, reaches every source.
awaitable<result<search_found>> search_all(service& s, mapping::search::request const& asked, search_wanted wanted,
                                           time_point deadline);

}  // namespace pons::proxy::fhir
