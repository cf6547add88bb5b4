#pragma once

#include "tests/support/random_query.hpp"
#include "tests/support/scripted_archive.hpp"
#include "upstream/search/study_search.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// One trial of DESIGN law 2: an archive, how it misbehaves, and what is asked.
namespace pons::test {

struct combination {
    random_archive archive;
    bool unusable_uids = false;
    quirks how;
    mapping::search::abilities known;  ///< what of the archive's abilities the configuration says
    query criteria;
    std::uint64_t text_seed = 0;  ///< how the query is written
    std::vector<mapping::search::sort_key> sort;
    std::size_t count = 20;
    bool everything = false;
    mapping::level depth = mapping::level::series;
    std::uint32_t max_candidates = 5000;
    std::uint32_t fan_out = 1000;
    std::uint32_t width = 2;
};

/// How a trial went.
struct verdict_of_trial {
    enum class kind {
        complete,
        rejected,    ///< the request is not one (400)
        refused,     ///< too costly, as the model of the trial allows
        incomplete,  ///< said to be, as the model allows
        failed,      ///< the archive failed, and so did the search
        untold       ///< said to be incomplete, where what decides is not told of some study
    };
    kind how = kind::complete;
    std::size_t found = 0;
    std::string violation;  ///< of the law; "" when it was kept
};

combination make_combination(dice& d);

/// Asks for all pages and compares with the oracle over everything that the archive holds.
verdict_of_trial try_out(combination const& c);

/// A smaller combination that still breaks the law.
combination shrink(combination c);

/// For people: synthetic data only.
std::string describe(combination const& c);

}  // namespace pons::test
