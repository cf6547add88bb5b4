#include "upstream/search/deepen.hpp"

#include "mapping/errc.hpp"
#include "tests/support/random_archive.hpp"
#include "tests/support/run.hpp"
#include "tests/support/scripted_archive.hpp"
#include "upstream/capped/row_limit.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace pons;
using namespace pons::upstream;
using namespace pons::mapping;

namespace {

/// Studies of `series` series with `images` images each.
std::vector<test::stored_study> make_studies(std::size_t studies, std::size_t series, std::size_t images)
{
    std::vector<test::stored_study> all;
    for (std::size_t n = 1; n <= studies; ++n) {
        test::stored_study study;
        auto const root = "2.25.9173." + std::to_string(n);
        study.attributes.add(tags::StudyInstanceUID, root);
        for (std::size_t s = series; s > 0; --s) {
            auto& one = study.series.emplace_back();
            auto const uid = root + "." + std::to_string(s);
            one.attributes.add(tags::SeriesInstanceUID, uid);
            one.attributes.add(tags::SeriesNumber, std::to_string(s));
            one.attributes.add(tags::Modality, "CT");
            for (std::size_t i = images; i > 0; --i) {
                auto& image = one.instances.emplace_back();
                image.add(tags::SOPInstanceUID, uid + "." + std::to_string(i));
                image.add(tags::InstanceNumber, std::to_string(i));
            }
        }
        test::count_up(study);
        all.push_back(std::move(study));
    }
    return all;
}

void count_series(std::vector<test::stored_study>& studies)
{
    for (auto& study : studies)
        for (auto& one : study.series)
            one.attributes.add(tags::NumberOfSeriesRelatedInstances, std::to_string(one.instances.size()));
}

struct bench {
    std::vector<test::stored_study> stored;
    test::quirks how;
    std::shared_ptr<row_limit> learned{};  ///< null: what a configuration would say
    std::shared_ptr<source_facts> facts = std::make_shared<source_facts>();
    test::record_of_queries log;
    std::vector<study_record> records;
    fan_out_budget budget;
    std::vector<issue> issues;

    result<void> deepen_to(level depth, std::uint32_t width = 2)
    {
        auto const limit = learned ? learned : how.cap == 0 ? std::make_shared<row_limit>("test", 1'000'000) : nullptr;
        auto source = test::make_source(stored, how, facts, log, limit);
        source.width = width;
        records.assign(stored.size(), {});
        std::vector<study_record*> studies;
        for (std::size_t i = 0; i < stored.size(); ++i) {
            records[i].attributes = stored[i].attributes;
            records[i].source = facts.get();
            studies.push_back(&records[i]);
        }
        auto done = test::run(deepen(source, studies, depth, budget, issues, time_point::max()));
        CHECK(log.faults.empty());
        CHECK(log.most_running <= width);
        return done;
    }

    bool complete(std::size_t series, std::size_t images) const
    {
        return std::ranges::all_of(records, [&](study_record const& r) {
            return r.series.size() == series && !r.partial && std::ranges::all_of(r.series, [&](auto const& s) {
                       return s.instances.size() == images &&
                              s.attributes.text(tags::SeriesInstanceUID).starts_with(r.uid());
                   });
        });
    }
};

}  // namespace

TEST_CASE("series and instances are asked for down to the depth, in order of their numbers")
{
    bench b{.stored = make_studies(3, 2, 4), .how = {}};
    REQUIRE(b.deepen_to(level::study));
    CHECK(b.log.requests.empty());
    REQUIRE(b.deepen_to(level::series));
    CHECK(b.log.requests.size() == 3);
    CHECK(b.complete(2, 0));
    CHECK(b.records[0].series[0].attributes.text(tags::SeriesNumber) == "1");
    REQUIRE(b.deepen_to(level::instance));
    CHECK(b.log.count(level::instance) == 6);
    CHECK(b.complete(2, 4));
    CHECK(b.records[2].series[1].instances[0].text(tags::InstanceNumber) == "1");
    CHECK(b.issues.empty());
}

TEST_CASE("whatever the archive does, a study gets its own series and instances, each once")
{
    struct {
        std::string name;
        test::quirks how;
        std::size_t series_queries;
        std::size_t instance_queries;
    } const cases[] = {
        {"hierarchical", {}, 5, 10},
        {"lists of UIDs", {.uid_lists_at_series = true}, 1, 10},
        {"relational", {.relational = true}, 5, 5},
        {"rows twice", {.repeats = 2}, 5, 10},
        {"rows of other studies", {.foreign_rows = true}, 5, 10},
        {"rows of other studies, by lists", {.uid_lists_at_series = true, .foreign_rows = true}, 1, 10},
        {"upper UIDs not echoed", {.uid_lists_at_series = true, .echoes = false}, 6, 10},
        {"upper UIDs not echoed, relational", {.relational = true, .echoes = false}, 5, 5},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        bench b{.stored = make_studies(5, 2, 3), .how = c.how};
        REQUIRE(b.deepen_to(level::instance));
        CHECK(b.complete(2, 3));
        CHECK(b.log.count(level::series) == c.series_queries);
        CHECK(b.log.count(level::instance) == c.instance_queries);
        CHECK(b.issues.empty());
    }
}

TEST_CASE("a list of UIDs that the archive does not understand does not make a study without series")
{
    bench b{.stored = make_studies(5, 2, 1), .how = {.refuses_uid_lists = true}};
    b.how.uid_lists_at_series = true;  // as configured
    REQUIRE(b.deepen_to(level::series));
    CHECK(b.complete(2, 0));
    CHECK(b.log.requests.size() == 6);
}

TEST_CASE("what an archive holds back is told, silent limits included")
{
    struct {
        std::string name;
        test::quirks how;
        level depth;
        bool counts;
        bool told;
    } const cases[] = {
        {"announced, series", {.cap = 3, .cap_is_announced = true}, level::series, true, true},
        {"silent, series", {.cap = 3}, level::series, true, true},
        {"exactly as many series as the limit, counted", {.cap = 5}, level::series, true, false},
        {"exactly as many series as the limit, not counted", {.cap = 5}, level::series, false, true},
        {"fewer than the limit", {.cap = 6}, level::series, true, false},
        {"silent, instances", {.cap = 6}, level::instance, true, true},
        {"silent, instances of a relational archive", {.relational = true, .cap = 6}, level::instance, true, true},
        {"a relational archive's study beyond the limit, its series not",
         {.relational = true, .cap = 20},
         level::instance,
         true,
         false},
        {"a relational archive's study beyond a limit that nobody knows",
         {.relational = true, .cap = 30, .cap_is_known = false},
         level::instance,
         true,
         false},
        {"fewer instances than the limit", {.cap = 8}, level::instance, true, false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        bench b{.stored = make_studies(1, 5, 7), .how = c.how};
        if (!c.counts)
            b.how.dropped = {tags::NumberOfStudyRelatedSeries};
        for (auto& study : b.stored)
            study = test::visible_part(study, b.how.dropped);
        REQUIRE(b.deepen_to(c.depth));
        CHECK(b.records[0].partial == c.told);
        CHECK(!b.issues.empty() == c.told);
        for (auto const& i : b.issues)
            CHECK(i.what == issue::kind::incomplete);
        if (!c.told)
            CHECK(b.complete(5, c.depth == level::instance ? 7 : 0));
    }
}

TEST_CASE("queries beyond the budget are not made, repeated ones counted")
{
    struct {
        std::string name;
        test::quirks how;
        level depth;
        std::uint32_t needs;
    } const cases[] = {
        {"series", {}, level::series, 4},
        {"series by lists", {.uid_lists_at_series = true}, level::series, 1},
        {"series by lists that are not understood",
         {.uid_lists_at_series = true, .refuses_uid_lists = true},
         level::series,
         5},
        {"instances", {}, level::instance, 12},
        {"instances of a relational archive beyond its limit", {.relational = true, .cap = 4}, level::instance, 16},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        bench enough{.stored = make_studies(4, 2, 3), .how = c.how, .budget = {.left = c.needs}};
        REQUIRE(enough.deepen_to(c.depth));
        CHECK(enough.budget.left == 0);
        CHECK(enough.log.requests.size() == c.needs);
        bench little{.stored = make_studies(4, 2, 3), .how = c.how, .budget = {.left = c.needs - 1}};
        auto const done = little.deepen_to(c.depth);
        REQUIRE(!done);
        CHECK(done.error().code == mapping::errc::too_costly);
        CHECK(little.log.requests.size() < c.needs);
    }
}

TEST_CASE("a series without a usable UID is neither asked for nor counted")
{
    bench b{.stored = make_studies(1, 2, 3), .how = {}};
    auto& odd = b.stored[0].series.emplace_back();
    odd.attributes.add(tags::SeriesInstanceUID, "2.25.9173.1.03");
    odd.instances.emplace_back().add(tags::SOPInstanceUID, "2.25.9173.1.03.1");
    REQUIRE(b.deepen_to(level::instance));
    CHECK(b.log.count(level::instance) == 2);
    CHECK(b.records[0].known_to(level::instance));
    CHECK(b.records[0].series.size() == 3);
}

TEST_CASE("a query that fails fails the whole")
{
    bench b{.stored = make_studies(3, 2, 1), .how = {.fails_after = 1}};
    auto const done = b.deepen_to(level::series);
    REQUIRE(!done);
    CHECK(done.error().code == upstream::errc::aborted);
}

TEST_CASE("a series beyond a limit that nobody knows is told of, however it was asked for")
{
    for (bool const relational : {false, true}) {
        CAPTURE(relational);
        bench b{.stored = make_studies(1, 2, 40), .how = {.relational = relational, .cap = 30, .cap_is_known = false}};
        count_series(b.stored);
        REQUIRE(b.deepen_to(level::instance));
        CHECK(b.records[0].partial);
        CHECK(!b.issues.empty());
        CHECK(b.log.count(level::instance) == (relational ? 3 : 2));
        for (auto const& one : b.records[0].series)
            CHECK(one.instances.size() == 30);
    }
}

TEST_CASE("a study beyond a limit that nobody knows is had by its series, counted or not")
{
    struct {
        std::string name;
        std::size_t images;
        bool counts;
        bool told;
        std::size_t queries;
    } const cases[] = {
        {"each is counted", 20, true, false, 2},
        {"the study is counted", 20, false, false, 3},
        {"the study is counted, and its series are beyond it too", 40, false, true, 3},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        bench b{.stored = make_studies(1, 2, c.images), .how = {.relational = true, .cap = 30, .cap_is_known = false}};
        if (c.counts)
            count_series(b.stored);
        REQUIRE(b.deepen_to(level::instance));
        CHECK(b.complete(2, c.images) == !c.told);
        CHECK(b.issues.empty() == !c.told);
        CHECK(b.log.count(level::instance) == c.queries);
    }
}

TEST_CASE("a series that is counted higher is not asked for again by an archive that gives more elsewhere")
{
    bench b{.stored = make_studies(2, 2, 20), .how = {.relational = true}};
    auto& more = b.stored[0].series[0].instances;
    for (int i = 0; i < 5; ++i)
        more.emplace_back().add(tags::SOPInstanceUID, "2.25.9173.1.9." + std::to_string(i));
    count_series(b.stored);
    for (auto& one : b.stored[1].series)
        one.instances.pop_back();  // deleted, and still counted
    b.learned = std::make_shared<row_limit>("test");
    REQUIRE(b.deepen_to(level::instance, 1));
    CHECK(b.log.count(level::instance) == 2);
    CHECK(b.issues.empty());
}
