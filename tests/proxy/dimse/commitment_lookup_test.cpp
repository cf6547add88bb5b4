#include "proxy/dimse/commitment_lookup.hpp"

#include "tests/support/fixed_archive.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;
using proxy::dimse::stored_places;
namespace tags = mapping::tags;

namespace {

constexpr auto ct = "1.2.840.10008.5.1.4.1.1.2";

struct table {
    fixed_state state;
    stored_places places;
    proxy::dimse::lookup_bounds bounds;

    table()
    {
        auto& study = state.studies.emplace_back();
        study.attributes.add(tags::StudyInstanceUID, "1.1");
        for (auto const* const series_uid : {"1.1.1", "1.1.2"}) {
            auto& series = study.series.emplace_back();
            series.attributes.add(tags::SeriesInstanceUID, series_uid);
            for (auto const* const number : {".1", ".2"}) {
                auto& one = series.instances.emplace_back();
                one.add(tags::SOPInstanceUID, std::string(series_uid) + number);
                one.add(tags::SOPClassUID, ct);
            }
        }
    }

    std::vector<int> look_up(std::vector<std::string> const& uids)
    {
        auto facts = std::make_shared<mapping::source_facts>();
        facts->name = "a";
        upstream::searched_source source{
            .where = std::make_unique<fixed_archive>(state), .facts = facts, .abilities = {}};
        std::vector<mapping::sop_reference> asked;
        for (auto const& uid : uids)
            asked.push_back({.sop_class_uid = ct, .sop_instance_uid = uid});
        auto const told = run(
            proxy::dimse::look_up(source, std::move(asked), places, bounds, clock::now() + std::chrono::seconds(10)));
        REQUIRE(told);
        std::vector<int> reasons;
        for (auto const& one : *told)
            reasons.push_back(one.reason);
        return reasons;
    }
};

}  // namespace

TEST_CASE("what was stored through Pons is asked for by its series, once for each")
{
    table t;
    for (auto const* const uid : {"1.1.1.1", "1.1.1.2", "1.1.1.3"})
        t.places.remember("a", uid, {"1.1", "1.1.1", ct});
    t.places.remember("a", "1.1.2.1", {"1.1", "1.1.2", ct});
    CHECK(t.look_up({"1.1.1.1", "1.1.2.1", "1.1.1.2", "1.1.1.3"}) == std::vector{0, 0, 0, 0x0112});
    REQUIRE(t.state.requests.size() == 2);
    for (auto const& request : t.state.requests) {
        CHECK(request.at == mapping::level::instance);
        CHECK(request.keys.at(0).attribute == tags::StudyInstanceUID);
        CHECK(request.keys.at(1).attribute == tags::SeriesInstanceUID);
    }
}

TEST_CASE("what is not known is asked for alone, where that can be asked")
{
    table t;
    t.places.remember("b", "1.1.1.1", {"1.1", "1.1.1", ct});  // at another source
    CHECK(t.look_up({"1.1.1.1"}) == std::vector{0x0110});
    CHECK(t.state.requests.empty());
    t.bounds.by_instance = true;
    CHECK(t.look_up({"1.1.1.1", "9.9"}) == std::vector{0, 0x0112});
    CHECK(t.state.requests.size() == 2);

    // The archive has another series for it than the one that it was stored with.
    t.places.remember("a", "1.1.2.2", {"1.1", "1.1.1", ct});
    CHECK(t.look_up({"1.1.2.2"}) == std::vector{0});
}

TEST_CASE("where the archive tells no SOP class, what was stored through Pons has the one that it came with")
{
    table t;
    t.bounds.by_instance = true;
    auto& series = t.state.studies.front().series.front();
    for (auto& one : series.instances) {
        mapping::data_set without;
        without.add(tags::SOPInstanceUID, one.text(tags::SOPInstanceUID));
        one = std::move(without);
    }
    t.places.remember("a", "1.1.1.1", {"1.1", "1.1.1", ct});
    CHECK(t.look_up({"1.1.1.1", "1.1.1.2"}) == std::vector{0, 0x0110});
    t.places.remember("a", "1.1.1.1", {"1.1", "1.1.1", "1.2.840.10008.5.1.4.1.1.4"});
    CHECK(t.look_up({"1.1.1.1"}) == std::vector{0x0119});
}

TEST_CASE("queries are bounded, and an archive that is gone is not asked again")
{
    table t;
    t.bounds = {.by_instance = true, .most_queries = 1};
    CHECK(t.look_up({"1.1.1.1", "1.1.1.2"}) == std::vector{0, 0x0213});
    t.bounds.most_queries = 100;
    t.state.requests.clear();
    t.state.fail_everywhere(upstream::errc::timed_out);
    CHECK(t.look_up({"1.1.1.1", "1.1.1.2"}) == std::vector{0x0110, 0x0110});
    CHECK(t.state.requests.size() == 1);
}

TEST_CASE("places are kept for the latest instances only")
{
    stored_places places(2);
    for (auto const* const uid : {"1", "2", "3"})
        places.remember("a", uid, {"1.1", uid, ct});
    places.remember("a", "4", {"", "1", ct});
    CHECK_FALSE(places.find("a", "1"));
    CHECK(places.find("a", "2") == stored_places::place{"1.1", "2", ct});
    CHECK_FALSE(places.find("a", "4"));
    CHECK_FALSE(places.find("b", "2"));
}
