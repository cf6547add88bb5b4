#pragma once

#include "mapping/charset.hpp"
#include "mapping/record.hpp"
#include "mapping/search/plan.hpp"
#include "upstream/archive.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace pons::upstream {

struct committing;
class gate;
class row_limit;
class search_trace;
struct worklist;

/// One source as a search sees it. One per worker; `facts` are shared and never change.
struct searched_source {
    std::unique_ptr<archive> where;
    std::shared_ptr<mapping::source_facts const> facts;
    mapping::search::abilities abilities;
    std::shared_ptr<row_limit> limit;  ///< where its answers stop; null: they are taken as they are
    bool series_by_uid_list = false;   ///< SERIES level takes a list of Study Instance UIDs
    std::uint32_t width = 2;           ///< queries of one search at the same time
    std::uint32_t max_rows = 20000;    ///< rows of one find before it is cancelled
    /// For each step of a search over several sources, if that has so much time (config: timeouts.search).
    std::chrono::milliseconds patience = std::chrono::hours(1);
    bool omits_empty = false;  ///< rows lack what has no value (QIDO-RS servers do), instead of having it empty
    std::shared_ptr<upstream::gate const> gate;  ///< whether it may be asked now; null: nothing is known of that
    /// Where a search writes down what it does; null: nowhere, as usual.
    std::shared_ptr<search_trace> trace;
    /// The same archive, each of its finds written into a trace; null: it cannot tell.
    std::function<std::unique_ptr<archive>(std::shared_ptr<search_trace>)> traced;

    std::shared_ptr<upstream::committing> committing = nullptr;  ///< null: it is not asked to commit itself
    std::shared_ptr<upstream::worklist> worklist = nullptr;      ///< null: it has none
    mapping::source_text text = "ISO_IR 192";                    ///< in which its rows were read

    /// No use in asking for more rows at once; 0: not known.
    std::uint32_t most_results() const;
};

}  // namespace pons::upstream
