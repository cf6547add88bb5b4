#pragma once

#include "mapping/record.hpp"
#include "mapping/search/plan.hpp"
#include "upstream/archive.hpp"

#include <cstdint>
#include <memory>

namespace pons::upstream {

/// One source as a search sees it. One per worker; `facts` are shared and never change.
struct searched_source {
    std::unique_ptr<archive> where;
    std::shared_ptr<mapping::source_facts const> facts;
    mapping::search::abilities abilities;
    std::uint32_t max_results = 0;    ///< the archive stops after so many rows, silently or not; 0: not known
    bool series_by_uid_list = false;  ///< SERIES level takes a list of Study Instance UIDs
    std::uint32_t width = 2;          ///< queries of one search at the same time
    std::uint32_t max_rows = 20000;   ///< rows of one find before it is cancelled
    bool omits_empty = false;         ///< rows lack what has no value (QIDO-RS servers do), instead of having it empty
};

}  // namespace pons::upstream
