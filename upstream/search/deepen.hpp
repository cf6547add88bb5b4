#pragma once

#include "upstream/search/source.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace pons::upstream {

/// How many SERIES and IMAGE queries one search may still cost.
struct fan_out_budget {
    std::uint32_t left = 1000;
    /// Besides, and short ones: of lists that nobody counted, whether something lies beyond (`look_beyond`). Where it
    /// is spent that stays open, and the search goes on.
    std::uint32_t beyond = 100;
};

/// Asks for the series (and instances) of `studies` until each is known to `depth`. What is known already is not asked
/// for again. Rows that belong to another study or series are dropped (archives ignore keys), repeated ones as well,
/// and the order is by number, then UID, whatever the archive's is.
///
/// Errors: upstream errc of the first query that failed; mapping::errc::too_costly when `budget` does not suffice.
/// `issues` gets what an archive held back, or may hold back of what nobody counted (`uncounted`); such a study is
/// partial. Cancelling: terminal. Queries run `source.width` at a time. `also`: attributes asked for besides what the
/// mapping reads.
awaitable<result<void>> deepen(searched_source& source, std::span<mapping::study_record* const> studies,
                               mapping::level depth, fan_out_budget& budget, std::vector<issue>& issues,
                               time_point deadline, std::span<mapping::tag const> also = {});

/// A study of which nothing but its UID is known, or its one series that is asked about; empty: all of them. For
/// `deepen`.
mapping::study_record named_study(std::string_view study_uid, std::string_view series_uid = {});

}  // namespace pons::upstream
