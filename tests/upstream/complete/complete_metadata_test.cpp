#include "tests/upstream/complete/tried.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;
using upstream::errc;

TEST_CASE("metadata of an archive that makes it is compared like instances")
{
    tried t;
    t.inner->has_metadata = true;
    t.inner->listed = {"1.1", "1.2"};
    t.inner->single = [](std::string const& uid) {
        return uid == "1.2" ? std::nullopt : std::optional(errc::not_found);
    };
    collected_rows came;
    SUBCASE("all, and one twice")
    {
        t.inner->retrievals.push_back({.come = {"1.2", "1.1", "1.2"}, .fails = {}});
        auto const all = t.metadata(came);
        REQUIRE(all.has_value());
        CHECK(all->rows == 2);
        CHECK(came.uids == "1.2 1.1");
    }
    SUBCASE("one is asked for again")
    {
        t.inner->retrievals.push_back({.come = {"1.1"}, .fails = {}});
        CHECK(t.metadata(came).has_value());
        CHECK(came.uids == "1.1 1.2");
    }
    SUBCASE("one never comes")
    {
        t.inner->listed.emplace_back("1.3");
        t.inner->retrievals.push_back({.come = {"1.1", "1.2"}, .fails = {}});
        CHECK(t.metadata(came).error().code == errc::incomplete);
    }
}

TEST_CASE("metadata that was not asked for never comes out")
{
    tried t;
    t.inner->has_metadata = true;
    t.inner->listed = {"1.1", "2.1"};
    collected_rows came;
    SUBCASE("of another study")
    {
        t.inner->metadata_study = "1.9";
        t.inner->retrievals.push_back({.come = {"1.1", "2.1"}, .fails = {}});
        CHECK(t.metadata(came).error().code == errc::malformed);
        CHECK(came.uids.empty());
    }
    SUBCASE("of nothing")
    {
        t.inner->retrievals.push_back({.come = {"1.1", "", "2.1"}, .fails = {}});
        REQUIRE(t.metadata(came).has_value());  // all that is listed came
        CHECK(came.uids == "1.1 2.1");
    }
    SUBCASE("of nothing, where the listing does not tell that the rest is all")
    {
        t.inner->find_fails = errc::aborted;
        t.inner->retrievals.push_back({.come = {"1.1", "", "2.1"}, .fails = {}});
        auto const all = t.metadata(came);
        REQUIRE_FALSE(all.has_value());
        CHECK(all.error().code == errc::malformed);
    }
    SUBCASE("of another series")
    {
        t.inner->metadata_study = "1.2";
        t.inner->retrievals.push_back({.come = {"1.1", "2.1"}, .fails = {}});
        auto const all = t.metadata(came, {"1.2", "1.2.2", {}});
        REQUIRE(all.has_value());
        CHECK(came.uids == "2.1");
    }
}

TEST_CASE("metadata of an archive that does not make it is made of the instances")
{
    tried t;
    t.inner->listed = {"1.1", "1.2"};
    for (int i = 1; i <= 2; ++i) {
        collected_rows came;
        t.inner->retrievals.push_back({.come = {"1.2", "1.1", "1.2"}, .fails = {}});
        auto const all = t.metadata(came);
        REQUIRE(all.has_value());
        CHECK(all->rows == 2);
        CHECK(came.uids == "1.2 1.1");
        CHECK(came.rows.at(0).text(mapping::tag{0x7FE00010}) == "7FE00010");
        CHECK(t.inner->metadata_asked == i);  // who cannot, knows it
    }
    collected_rows came;
    t.inner->retrievals.push_back({.come = {"1.1"}, .fails = {}});
    CHECK(t.metadata(came).error().code == errc::incomplete);
    t.inner->retrievals.push_back({.come = {"1.1", "(1.2)"}, .fails = errc::aborted});
    CHECK(t.metadata(came).error().code == errc::aborted);
}
