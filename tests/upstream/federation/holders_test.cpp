#include "upstream/federation/holders.hpp"

#include "mapping/errc.hpp"
#include "tests/support/fixed_archive.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

#include <deque>

using namespace pons;
using namespace pons::test;
using mapping::errc;
using upstream::find_holders;
using upstream::searched_source;

namespace {

namespace tags = mapping::tags;

/// Sources that hold 1.2.3, each as a patient of its own.
struct sources {
    explicit sources(std::vector<std::string> patients)
    {
        for (auto const& patient : patients) {
            auto& state = states.emplace_back();
            auto& study = state.studies.emplace_back().attributes;
            study.add(tags::StudyInstanceUID, "1.2.3");
            study.add(tags::PatientID, patient);
            study.add(tags::NumberOfStudyRelatedInstances, std::to_string(states.size()));
            auto facts = std::make_shared<mapping::source_facts>();
            facts->name = std::string(1, static_cast<char>('a' + all.size()));
            all.push_back(
                {.where = std::make_unique<fixed_archive>(state), .facts = std::move(facts), .limit = nullptr});
        }
    }

    result<std::vector<upstream::holder>> holders()
    {
        std::vector<searched_source*> asked;
        for (auto& one : all)
            asked.push_back(&one);
        return run(find_holders(asked, "1.2.3", clock::now() + std::chrono::seconds(20)));
    }

    std::deque<fixed_state> states;
    std::vector<searched_source> all;
};

std::string names(std::vector<upstream::holder> const& holders)
{
    std::string all;
    for (auto const& h : holders)
        all += h.source->facts->name;
    return all;
}

}  // namespace

TEST_CASE("the holder with the most instances is the first")
{
    sources some({"P1", "P1", ""});
    auto const holders = some.holders();
    REQUIRE(holders);
    CHECK(names(*holders) == "cba");
}

TEST_CASE("who holds a study is asked anew")
{
    sources some({"P1", "P1"});
    fixed_state gone;
    some.all.front().anew = std::make_shared<fixed_archive>(gone);
    auto const holders = some.holders();
    REQUIRE(holders);
    CHECK(names(*holders) == "b");
    CHECK(some.states.front().requests.empty());
}

TEST_CASE("who holds a study is asked with others who ask just then, where that can be")
{
    sources some({"P1", "P1"});
    fixed_state unused, shared;
    some.all.front().anew = std::make_shared<fixed_archive>(unused);
    some.all.front().joining = std::make_shared<fixed_archive>(shared);
    REQUIRE(some.holders());
    CHECK(unused.requests.empty());
    CHECK(shared.requests.size() == 1);
}

TEST_CASE("patients are held each against each: one that is not told agrees with everybody")
{
    for (auto const& patients : {std::vector<std::string>{"", "P1", "P7"}, {"P1", "", "P7"}, {"P7", "P1", ""}}) {
        auto const holders = sources(patients).holders();
        REQUIRE_FALSE(holders);
        CHECK(holders.error().code == errc::differing_patients);
    }
}

TEST_CASE("a source whose answer has something missing is not known to hold nothing")
{
    struct {
        char const* what;
        void (*spoil)(fixed_state&);
    } const cases[] = {
        {"it stopped", [](fixed_state& s) { s.truncates = true; }},
        {"a row cannot be read",
         [](fixed_state& s) {
             s.tells = {{issue::kind::incomplete, "1 match is missing"}};
         }},

        {"it cannot be asked", [](fixed_state& s) { s.fail_everywhere(upstream::errc::unreachable); }},
    };
    for (auto const& c : cases) {
        CAPTURE(c.what);
        sources some({"P1", "P1"});
        c.spoil(some.states.back());
        auto const holders = some.holders();
        REQUIRE_FALSE(holders);
        CHECK(holders.error().code == errc::incomplete);
        CHECK(holders.error().where == "source b");
    }
    sources some({"P1", "P1"});
    some.states.back().tells = {{issue::kind::informational, "1 character could not be decoded"}};
    CHECK(some.holders());
}
