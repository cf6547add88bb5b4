#include "tests/support/federation_trial.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <map>
#include <string>

using namespace pons::test;

namespace {

std::uint64_t from_environment(char const* name, std::uint64_t otherwise)
{
    auto const* const text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

}  // namespace

// DESIGN law 2 by the rules of section 6. PONS_SEED and PONS_ROUNDS choose other trials.
TEST_CASE("law two over several sources: a search finds what filtering the merged records of all holders finds")
{
    using kind = verdict_of_trial::kind;
    auto const first = from_environment("PONS_SEED", 1);
    auto const rounds = from_environment("PONS_ROUNDS", 3000);
    std::map<kind, std::size_t> how;
    std::size_t with_studies = 0, violations = 0;
    for (std::uint64_t seed = first; seed < first + rounds && violations < 3; ++seed) {
        dice d(seed);
        auto const t = make_federation(d);
        auto const trial = try_out(t);
        ++how[trial.how];
        with_studies += trial.how == kind::complete && trial.found != 0;
        if (trial.violation.empty())
            continue;
        ++violations;
        auto const smaller = shrink(t);
        FAIL_CHECK("seed " << seed << ": " << trial.violation << "\n--- smaller: " << try_out(smaller).violation << "\n"
                           << describe(smaller));
    }
    if (rounds < 1000 || violations != 0)
        return;
    MESSAGE("complete " << how[kind::complete] << ", with studies " << with_studies << ", incomplete "
                        << how[kind::incomplete] << ", failed " << how[kind::failed] << ", rejected "
                        << how[kind::rejected]);
    // The law cannot be kept by saying that everything is incomplete, nor by searches that find nothing anyway.
    auto const judged = rounds - how[kind::rejected];
    CHECK(how[kind::incomplete] * 100 <= judged * 30);
    CHECK(how[kind::failed] * 100 <= judged * 10);
    CHECK(with_studies * 100 >= judged * 25);
}
