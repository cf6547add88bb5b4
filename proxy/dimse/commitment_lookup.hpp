#pragma once

#include "mapping/storage_commitment.hpp"
#include "proxy/dimse/stored_places.hpp"
#include "upstream/search/source.hpp"

#include <cstdint>
#include <vector>

namespace pons::proxy::dimse {

/// How an archive is looked through for instances.
struct lookup_bounds {
    bool by_instance = false;           ///< it can be asked for SOP Instance UIDs alone
    std::uint32_t most_queries = 1000;  ///< at IMAGE level, all in all
};

/// Looks whether `source` lists `instances` now (`commitment: by_query`; no kept answer counts): by the study and
/// series where they were stored through Pons, one query for a series, and what was not found so, or is not known, by
/// its UID alone where that can be asked. The answer has one for each, in their order. Without a reason is only what a
/// row of the archive shows with that SOP Class, or, where the archive tells none, what was stored through Pons with
/// it: 0119 with another one, 0112 where the archive was asked and has no such row, 0110 where it could not be asked,
/// tells no SOP Class of what was stored otherwise, or did not answer until `deadline`, 0213 beyond `most_queries`.
///
/// On the executor of `source`. Cancelling: terminal; errc::cancelled.
awaitable<result<std::vector<mapping::sop_reference>>> look_up(upstream::searched_source& source,
                                                               std::vector<mapping::sop_reference> instances,
                                                               stored_places const& places, lookup_bounds bounds,
                                                               time_point deadline);

}  // namespace pons::proxy::dimse
