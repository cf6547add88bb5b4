#pragma once

#include "proxy/dicomweb/query.hpp"
#include "proxy/dicomweb/service.hpp"
#include "upstream/asio.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// One search over the sources of a target (DESIGN section 6).
namespace pons::proxy::dicomweb {

struct search_found {
    std::vector<mapping::data_set> rows;     ///< ready to be written, in order
    bool more = false;                       ///< there are, or may be, results after these
    std::optional<std::uint32_t> remaining;  ///< how many, when that is known
    std::vector<std::string> warnings;       ///< for `Warning: 299`
    std::uint32_t queries = 0;
};

/// Asks every source at once, but for those that by `federation.routes` hold nothing of what is searched for; merges by
/// UID, cuts the part that `limit` and `offset` name, and fills in what archives
/// leave out (modalities, counts) for the studies of that part only. A study that several hold is one result: what the
/// first of them says (`federation.order`), modalities of all, the larger counts; unless the holders do not agree who
/// the patient is, which is told.
///
/// A source that fails: the failure itself when no other answered; errc::incomplete when nothing was found elsewhere;
/// else a warning. With several sources each has its own deadline (upstream::own_deadline). Errors: upstream errc,
/// mapping::errc::too_costly. Cancelling: terminal, reaches every source.
awaitable<result<search_found>> search(service& s, search_query const& query, target const& whom, time_point deadline);

}  // namespace pons::proxy::dicomweb
