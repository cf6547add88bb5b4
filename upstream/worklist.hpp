#pragma once

#include "mapping/data_set.hpp"
#include "mapping/matching.hpp"
#include "mapping/result.hpp"
#include "upstream/archive.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

/// What is scheduled for modalities (PS3.4 Annex K), where an archive keeps that, too.
namespace pons::upstream {

/// What is looked for in a worklist.
struct worklist_query {
    /// The identifier of a C-FIND as it came (PS3.4 §K.6.1): what a DIMSE worklist is asked with.
    mapping::data_set const& identifier;
    /// Its matching keys, for those who are asked otherwise; they may leave any of them aside.
    std::span<mapping::match_key const> keys;
    std::string charset;         ///< of the peer's own, for keys that are not ASCII
    std::uint32_t max_rows = 0;  ///< 0: all
};

/// A worklist for modalities.
struct worklist {
    virtual ~worklist() = default;

    /// Finds scheduled procedure steps: each row has the attributes of Table K.6-1 as far as they are known, and may
    /// not match: it is judged by the one who asks. Errors, `deadline` and cancelling as `archive::find`.
    virtual awaitable<result<found>> find(worklist_query const& query, row_sink& rows, time_point deadline) = 0;
};

/// Tells that `how` may lack items where it has as many as the source stops at: `quirks.max_results`, 0 where that is
/// not known.
void doubt_at_limit(found& how, std::uint32_t max_results);

/// One that is no source's.
struct named_worklist {
    std::string name;
    std::shared_ptr<worklist> where;
};

}  // namespace pons::upstream
