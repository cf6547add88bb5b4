#pragma once

#include "proxy/dicomweb/list.hpp"
#include "proxy/dicomweb/query.hpp"
#include "proxy/dicomweb/service.hpp"
#include "upstream/asio.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// One search over the sources of a target (DESIGN section 6).
namespace pons::proxy::dicomweb {

/// What one search may cost, and how the sources stand to each other.
struct search_bounds {
    config::federation const& federation;
    std::uint32_t max_candidates = 0;
    std::uint32_t max_fan_out = 0;
};

/// What was found, not yet in the form of a face.
struct hits_found {
    std::vector<hit> hits;                   ///< each once, in order, as its first source has it
    bool more = false;                       ///< there are, or may be, results after these
    std::optional<std::uint32_t> remaining;  ///< how many, when that is known
    std::vector<std::string> warnings;       ///< where something may be missing
    std::uint32_t queries = 0;
};

struct search_found {
    std::vector<mapping::data_set> rows;     ///< ready to be written, in order
    bool more = false;                       ///< there are, or may be, results after these
    std::optional<std::uint32_t> remaining;  ///< how many, when that is known
    std::vector<std::string> warnings;       ///< for `Warning: 299`
    std::uint32_t queries = 0;
};

/// Asks every source of `sources` at once, but for those that by `federation.routes` hold nothing of what is searched
/// for; merges by UID, cuts the part that `limit` and `offset` name, and fills in what archives leave out (modalities,
/// counts) for the studies of that part only. A study that several hold is one result: what the first of them says
/// (`federation.order`), modalities of all, the larger counts; unless the holders do not agree who the patient is,
/// which is told.
///
/// A source that fails: the failure itself when no other answered; errc::incomplete when nothing was found elsewhere;
/// else a warning. With several sources each has its own deadline (upstream::own_deadline). Errors: upstream errc,
/// mapping::errc::too_costly. Cancelling: terminal, reaches every source.
awaitable<result<hits_found>> find_hits(search_bounds const& bounds, search_query const& query,
                                        std::vector<upstream::searched_source*> sources, time_point deadline);

/// The same as results of the DICOMweb face, with the warnings of the query.
awaitable<result<search_found>> search(service& s, search_query const& query, target const& whom, time_point deadline);

}  // namespace pons::proxy::dicomweb
