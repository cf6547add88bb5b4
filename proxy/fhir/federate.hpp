#pragma once

#include "mapping/search/criteria.hpp"
#include "proxy/fhir/service.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// One search over all sources (DESIGN section 6).
namespace pons::proxy::fhir {

struct search_wanted {
    upstream::order order;
    std::optional<upstream::position> after;
    /// Names of sources that were missing on a page before: a study that only they would have put there was not shown.
    std::vector<std::string> missed{};
    std::size_t count = 20;
    bool everything = false;
    mapping::level depth = mapping::level::series;
    bool counts_shown =
        true;  ///< modality and counts are shown: filled in from the series where an archive left them out
    std::int64_t now = 0;
};

struct search_found {
    std::vector<mapping::study_record> studies;  ///< at most `count`, in order, each UID once
    bool more = false;
    /// Where the next page begins: the last study that was looked at for this one, shown or not.
    std::optional<upstream::position> last;
    std::optional<std::uint32_t> total;
    std::vector<std::string> missed;  ///< names of sources that are missing on this page, or were on one before
    std::vector<issue> issues;
    std::uint32_t queries = 0;
};

/// Asks every source at once and merges by UID: a study that several hold is one, with the Endpoints of all holders. It
/// is what the first source says whose own record matches (`federation.order`), at the first place in the order that a
/// record which matches has; so it is on one page only, whatever the holders say of it. Where a page was made without a
/// source, a later one rather shows a study twice than never, and says that some may be missing. A page ends early,
/// with `more`, when its studies have more instances to show than one answer may hold.
///
/// A source that fails: the failure itself when no other answered; errc::incomplete when nothing matched elsewhere
/// (503, since an empty list would read as "no prior"); else an issue `incomplete`. So it is of one that fails when it
/// has told what matches: the search is made again without it. With several sources each has its own deadline for each
/// step (upstream::own_deadline). Errors: upstream and mapping errc, and errc::ambiguous_patient when a bare patient id
/// turns out to have several issuers. Cancelling: terminal, reaches every source.
awaitable<result<search_found>> search_all(service& s, mapping::search::request const& asked, search_wanted wanted,
                                           time_point deadline);

}  // namespace pons::proxy::fhir
