#pragma once

#include "tests/support/combination.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// One trial of DESIGN law 2 over several sources (DESIGN section 6): archives that share studies, split them, hold
/// them alone, or hold others under the same UID, each with quirks of its own, and one that may fail.
namespace pons::test {

struct federation_trial {
    std::vector<combination> members;  ///< by rank; of each its archive, its quirks and what is known of them count
    query criteria;
    std::uint64_t text_seed = 0;
    std::vector<mapping::search::sort_key> sort;
    std::size_t count = 20;
    bool everything = false;
    mapping::level depth = mapping::level::series;
};

federation_trial make_federation(dice& d);

/// Asks for all pages and compares them with the oracle over what all members hold: a study matches when the record of
/// any holder does, stands at the first place that one of those has, is what the first holder that matches says of it,
/// and is there once.
verdict_of_trial try_out(federation_trial const& t);

/// A smaller trial that still breaks the law.
federation_trial shrink(federation_trial t);

/// For people: synthetic data only.
std::string describe(federation_trial const& t);

}  // namespace pons::test
