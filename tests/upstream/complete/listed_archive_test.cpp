#include "upstream/complete/listed_archive.hpp"

#include "tests/upstream/complete/tried.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;
using upstream::errc;

namespace {

using list = std::vector<std::string>;

struct queries {
    std::size_t study = 0;
    std::size_t series = 0;
    std::size_t image = 0;
    friend bool operator==(queries const&, queries const&) = default;
};

queries asked_of(told_archive const& archive)
{
    queries all;
    for (auto const& one : archive.finds)
        ++(one.at == mapping::level::study ? all.study : one.at == mapping::level::series ? all.series : all.image);
    return all;
}

/// A census of all that it lists now.
std::shared_ptr<upstream::census const> census_of(tried& t, upstream::retrieve_request const& what)
{
    auto taken = run_on(t.on, upstream::take_census(*t.inner, what, 0, std::chrono::seconds(20)));
    REQUIRE(taken.has_value());
    t.inner->finds.clear();
    return std::make_shared<upstream::census const>(std::move(*taken));
}

}  // namespace

TEST_CASE("a list that was taken before a retrieve confirms it where a fresh count confirms the list")
{
    struct {
        char const* name;
        bool counts;
        list stored;  // between the list and the retrieve
        list come;
        char const* came;
        std::optional<errc> result;
        queries asked;
        std::string series = {};
    } const cases[] = {
        {"nothing new", true, {}, {"1.1", "1.2", "2.1"}, "1.1 1.2 2.1", {}, {1, 0, 0}},
        {"nothing new, one was dropped", true, {}, {"1.1", "2.1"}, "1.1 2.1 1.2", {}, {1, 0, 0}},
        {"a new one that comes", true, {"2.2"}, {"1.1", "1.2", "2.1", "2.2"}, "1.1 1.2 2.1 2.2", {}, {1, 1, 2}},
        {"a new one that does not come", true, {"3.1"}, {"1.1", "1.2", "2.1"}, "1.1 1.2 2.1 3.1", {}, {1, 1, 3}},
        {"nobody counts", false, {}, {"1.1", "1.2", "2.1"}, "1.1 1.2 2.1", {}, {1, 1, 2}},
        {"nobody counts, and a new one does not come",
         false,
         {"3.1"},
         {"1.1", "1.2", "2.1"},
         "1.1 1.2 2.1 3.1",
         {},
         {1, 1, 3}},
        {"a series", true, {}, {"1.1", "1.2"}, "1.1 1.2", {}, {0, 1, 0}, "1.2.1"},
        {"a series with a new one", true, {"1.3"}, {"1.1", "1.2"}, "1.1 1.2 1.3", {}, {0, 1, 1}, "1.2.1"},
        {"more comes than is counted",
         true,
         {},
         {"1.1", "1.2", "2.1", "9.9"},
         "1.1 1.2 2.1 9.9",
         errc::incomplete,
         {2, 1, 2}},
    };
    for (auto const associations : {1u, 2u})
        for (auto const& c : cases) {
            CAPTURE(c.name);
            CAPTURE(associations);
            tried t;
            t.source.limits.associations = associations;
            t.inner->listed = {"1.1", "1.2", "2.1"};
            auto const count = [&] {
                if (!c.counts)
                    return;
                t.inner->instances_announced = t.inner->listed.size();
                t.inner->in_series_announced.clear();
                for (auto const& uid : t.inner->listed)
                    ++t.inner->in_series_announced[told_archive::series_of(uid)];
            };
            count();
            upstream::retrieve_request const what{"1.2", c.series, {}};
            auto const known = census_of(t, what);
            t.inner->listed.insert(t.inner->listed.end(), c.stored.begin(), c.stored.end());
            count();
            t.inner->retrievals.push_back({.come = c.come, .fails = {}});
            t.inner->single = [](std::string const&) { return std::optional<errc>(); };
            upstream::listed_archive from(*t.archive, known);
            auto const all = run_on(t.on, from.retrieve(what, t.parts, clock::now() + std::chrono::seconds(20)));
            CHECK(t.parts.uids() == c.came);
            CHECK(all.has_value() == !c.result.has_value());
            if (!all)
                CHECK(all.error().code == *c.result);
            CHECK(asked_of(*t.inner) == c.asked);
        }
}

TEST_CASE("a list that was not whole confirms nothing")
{
    tried t;
    t.inner->listed = {"1.1", "1.2"};
    t.inner->instances_announced = 2;
    t.inner->truncates = true;
    auto const known = census_of(t, {"1.2", {}, {}});
    CHECK_FALSE(known->whole());
    t.inner->truncates = false;
    t.inner->retrievals.push_back({.come = {"1.1", "1.2"}, .fails = {}});
    upstream::listed_archive from(*t.archive, known);
    upstream::retrieve_request const what{"1.2", {}, {}};
    CHECK(run_on(t.on, from.retrieve(what, t.parts, clock::now() + std::chrono::seconds(20))).has_value());
    CHECK(asked_of(*t.inner) == queries{1, 1, 1});
}

TEST_CASE("who judges the rows of a census ends it")
{
    tried t;
    t.inner->listed = {"1.1", "1.2", "2.1", "3.1"};
    std::vector<std::string> seen;
    upstream::image_judge each = [&](std::string_view series, mapping::data_set const& image) -> result<void> {
        seen.push_back(std::string(series) + " " + std::string(image.text(mapping::tags::SOPInstanceUID)));
        if (seen.back() == "1.2.2 2.1")
            return fail(errc::refused, "that one");
        return {};
    };
    static constexpr mapping::tag also[] = {mapping::tags::SOPClassUID};
    auto const far = time_point::max();
    auto const taken = run_on(t.on, upstream::take_census(*t.inner, {"1.2", {}, {}}, 0, std::chrono::seconds(20), far,
                                                          also, std::move(each)));
    REQUIRE_FALSE(taken.has_value());
    CHECK(taken.error().where == "that one");
    CHECK(seen == std::vector<std::string>{"1.2.1 1.1", "1.2.1 1.2", "1.2.2 2.1"});
    CHECK(asked_of(*t.inner) == queries{1, 1, 2});
    CHECK(t.inner->finds.back().return_keys ==
          std::vector<mapping::tag>{mapping::tags::SOPInstanceUID, mapping::tags::SOPClassUID});
}
