#include "upstream/search/beyond.hpp"

#include "tests/support/random_archive.hpp"
#include "tests/support/run.hpp"
#include "tests/support/scripted_archive.hpp"
#include "upstream/capped/row_limit.hpp"
#include "upstream/search/deepen.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace pons;
using namespace pons::upstream;
using namespace pons::mapping;

namespace {

/// As they were given.
std::size_t as_given(std::size_t n)
{
    return n;
}

/// One study with series of so many images each, numbered from 1 on, the series as told; no counts.
test::stored_study make_study(std::string const& root, std::vector<std::size_t> const& series,
                              std::size_t (*number)(std::size_t) = &as_given)
{
    test::stored_study study;
    study.attributes.add(tags::StudyInstanceUID, root);
    for (std::size_t s = 1; s <= series.size(); ++s) {
        auto& one = study.series.emplace_back();
        auto const uid = root + "." + std::to_string(s);
        one.attributes.add(tags::SeriesInstanceUID, uid);
        one.attributes.add(tags::SeriesNumber, std::to_string(number(s)));
        one.attributes.add(tags::Modality, "CT");
        for (std::size_t i = 1; i <= series[s - 1]; ++i) {
            auto& image = one.instances.emplace_back();
            image.add(tags::SOPInstanceUID, uid + "." + std::to_string(i));
            image.add(tags::InstanceNumber, std::to_string(i));
        }
    }
    return study;
}

struct bench {
    std::vector<test::stored_study> stored;
    test::quirks how;
    std::shared_ptr<row_limit> limit = std::make_shared<row_limit>("test");
    std::shared_ptr<source_facts> facts = std::make_shared<source_facts>();
    test::record_of_queries log;
    std::vector<issue> issues;
    fan_out_budget budget{};

    study_record deepened(std::size_t which = 0)
    {
        log = {};
        issues.clear();
        auto source = test::make_source(stored, how, facts, log, limit);
        study_record record;
        record.attributes = stored[which].attributes;
        record.source = facts.get();
        std::vector<study_record*> const studies{&record};
        CHECK(test::run(deepen(source, studies, level::instance, budget, issues, time_point::max())));
        CHECK(log.faults.empty());
        CHECK(issues.empty() == !record.partial);
        return record;
    }
};

std::vector<data_set const*> pointers(std::vector<data_set> const& all)
{
    std::vector<data_set const*> rows;
    for (auto const& one : all)
        rows.push_back(&one);
    return rows;
}

}  // namespace

TEST_CASE("numbers that did not come: the next one, and the first that is left out")
{
    struct {
        std::vector<char const*> numbers;
        std::vector<std::uint32_t> missing;
        std::uint32_t known;
        std::uint32_t gaps = 0;
        std::uint32_t left_out = 0;
    } const cases[] = {
        {{"1", "2", "3"}, {4}, 1},           {{"3", "1", "4"}, {5, 2}, 1, 1, 1},
        {{"40", "41"}, {42, 39}, 40, 1, 39}, {{"0", "1"}, {2}, 0},
        {{"1", "1", "2", "2", "3"}, {4}, 3}, {{"1", "2", "101"}, {102, 3}, 1, 1, 98},
        {{"1", "3", "5"}, {6, 2}, 1, 2, 2},  {{"3", "5"}, {6, 4}, 3, 2, 3},
    };
    for (auto const& c : cases) {
        std::vector<data_set> rows(c.numbers.size());
        for (std::size_t i = 0; i < rows.size(); ++i)
            rows[i].add(tags::InstanceNumber, c.numbers[i]);
        auto const found = numbers_of(pointers(rows), tags::InstanceNumber);
        REQUIRE(found);
        CHECK(found->missing == c.missing);
        CHECK(found->known == c.known);
        CHECK(found->gaps == c.gaps);
        CHECK(found->left_out == c.left_out);
    }
    for (auto const* const bad : {"", "x", "-1", "2147483647"}) {
        CAPTURE(bad);
        std::vector<data_set> rows(2);
        rows[0].add(tags::InstanceNumber, "1");
        rows[1].add(tags::InstanceNumber, bad);
        CHECK(!numbers_of(pointers(rows), tags::InstanceNumber));
    }
    CHECK(!numbers_of({}, tags::InstanceNumber));
}

TEST_CASE("a list of instances that nobody counted, and that is as long as any")
{
    struct {
        char const* name;
        std::vector<std::size_t> series;
        test::quirks how;
        std::size_t shown;
        bool told;
        std::size_t queries;  ///< at IMAGE level
    } const cases[] = {
        {"is whole", {40}, {}, 40, false, 3},
        {"is short", {19}, {}, 19, false, 1},
        {"only the longest", {25, 40}, {}, 65, false, 4},
        {"is cut", {40}, {.cap = 30, .cap_is_known = false}, 30, true, 2},
        {"is cut for the second", {30, 40}, {.cap = 30, .cap_is_known = false}, 60, true, 5},
        {"cannot be told, a number like others", {31}, {.ignored = {tags::InstanceNumber}}, 31, false, 2},
        {"cannot be told, a number like a limit", {40}, {.ignored = {tags::InstanceNumber}, .cap = 32}, 32, true, 2},
        {"the key is refused", {50}, {.refused = {tags::InstanceNumber}}, 50, true, 2},
        {"no numbers", {60}, {.dropped = {tags::InstanceNumber}, .cap = 50, .cap_is_known = false}, 50, true, 1},
        {"of a study, in one answer", {20, 20}, {.relational = true, .cap = 30, .cap_is_known = false}, 40, false, 3},
        {"of a study, and of a series", {20, 40}, {.relational = true, .cap = 30, .cap_is_known = false}, 50, true, 4},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        bench b{.stored = {make_study("2.25.1", c.series)}, .how = c.how};
        auto const study = b.deepened();
        std::size_t shown = 0;
        for (auto const& one : study.series)
            shown += one.instances.size();
        CHECK(shown == c.shown);
        CHECK(study.partial == c.told);
        CHECK(b.log.count(level::instance) == c.queries);
    }
}

TEST_CASE("what was found whole is not looked beyond again at once, and what is not the longest never")
{
    bench b{.stored = {make_study("2.25.1", {64}), make_study("2.25.2", {50}), make_study("2.25.3", {64})}, .how = {}};
    CHECK(!b.deepened(0).partial);
    CHECK(b.log.count(level::instance) == 3);
    CHECK(!b.deepened(0).partial);
    CHECK(b.log.count(level::instance) == 1);
    CHECK(!b.deepened(1).partial);
    CHECK(b.log.count(level::instance) == 1);
    CHECK(!b.deepened(2).partial);  // as many as the other one, a round number, and still whole
    CHECK(b.log.count(level::instance) == 3);
}

TEST_CASE("a list that does not make up the count of the study is looked beyond")
{
    for (bool const deleted : {true, false}) {
        CAPTURE(deleted);
        bench b{.stored = {make_study("2.25.1", {40})}, .how = {}};
        test::count_up(b.stored[0]);
        if (deleted)
            b.stored[0].series[0].instances.pop_back();  // and still counted
        else
            b.how = {.cap = 31, .cap_is_known = false};
        CHECK(b.deepened().partial == !deleted);
    }
}

TEST_CASE("series that nobody counted are looked beyond as well")
{
    for (std::uint32_t const cap : {0u, 25u}) {
        CAPTURE(cap);
        bench b{.stored = {make_study("2.25.1", std::vector<std::size_t>(40, 1))},
                .how = {.cap = cap, .cap_is_known = false}};
        auto const study = b.deepened();
        CHECK(study.partial == (cap != 0));
        CHECK(study.series.size() == (cap != 0 ? 25 : 40));
    }
}

TEST_CASE("where many numbers are left out, those that did not come prove nothing")
{
    struct {
        char const* name;
        std::size_t (*number)(std::size_t);
        std::uint32_t cap;
        bool told;
    } const cases[] = {
        {"by hundreds, cut before one", [](std::size_t n) { return n <= 20   ? n
                                                                   : n <= 50 ? 80 + n
                                                                             : 150 + n; }, 50,
         true},
        {"a derived one behind all, whole, a number like others",
         [](std::size_t n) { return n < 60 ? n : std::size_t{1000}; }, 0, false},
        {"one left out", [](std::size_t n) { return n < 20 ? n : n + 1; }, 0, false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        bench b{.stored = {make_study("2.25.1", std::vector<std::size_t>(60, 1), c.number)},
                .how = {.cap = c.cap, .cap_is_known = false}};
        CHECK(b.deepened().partial == c.told);
    }
}

TEST_CASE("lists as long as the longest cost little more than themselves, and not what the search may cost")
{
    struct {
        char const* name;
        std::size_t images;
        std::size_t queries;  ///< at most, at IMAGE level
        bool told;
    } const cases[] = {
        {"a length like others", 32 + 6, 60 + 2 * 2, false},
        {"a length like a limit", 32, 60 + 100, true},  // of most it cannot be found out
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        bench b{.stored = {make_study("2.25.1", std::vector<std::size_t>(60, c.images))}, .how = {}};
        b.budget.left = 61;  // and one of its series
        auto const study = b.deepened();
        CHECK(study.partial == c.told);
        CHECK(b.log.count(level::instance) > 60);
        CHECK(b.log.count(level::instance) <= c.queries);
    }
}
