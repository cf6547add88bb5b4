#include "upstream/search/rows.hpp"

#include "tests/support/random_archive.hpp"
#include "tests/support/run.hpp"
#include "tests/support/scripted_archive.hpp"
#include "upstream/capped/row_limit.hpp"
#include "upstream/search/study_search.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace pons;
using namespace pons::mapping;

namespace {

data_set row_of(std::string_view study, std::string_view series)
{
    data_set row;
    if (!study.empty())
        row.add(tags::StudyInstanceUID, study);
    if (!series.empty())
        row.add(tags::SeriesInstanceUID, series);
    return row;
}

}  // namespace

TEST_CASE("each row is kept once, and the same UID in two studies is two rows")
{
    upstream::unique_rows rows(tags::SeriesInstanceUID);
    struct {
        char const* study;
        char const* series;
    } const cases[] = {{"1.1", "1.9"}, {"1.2", "1.9"}, {"1.1", "1.9"}, {"1.1", "1.8"},
                       {"", "1.9"},    {"", "1.9"},    {"1.1", ""}};
    for (auto const& c : cases)
        rows.row(row_of(c.study, c.series));
    CHECK(rows.rows.size() == 4);
    CHECK(rows.received == 7);
    CHECK(rows.unusable == 1);

    upstream::unique_rows studies(tags::StudyInstanceUID);
    for (auto const* const study : {"1.1", "1.2", "1.1"})
        studies.row(row_of(study, {}));
    CHECK(studies.rows.size() == 2);
}

TEST_CASE("a series that two studies claim finds both")
{
    std::vector<test::stored_study> stored;
    for (std::size_t n = 1; n <= 2; ++n) {
        auto& study = stored.emplace_back(test::plain_study(n, "20240101"));
        study.series.emplace_back(test::stored_series{.attributes = row_of({}, "2.25.9"), .instances = {}});
    }
    test::quirks const how{.relational = true};
    test::record_of_queries log;
    auto const facts = std::make_shared<source_facts>();
    auto source = test::make_source(stored, how, facts, log);
    auto const request = search::parse(search::split_query("series=urn:oid:2.25.9"), {.now = 0});
    REQUIRE(request);
    auto const plan = search::make_plan(request->criteria, *facts, source.abilities);
    auto const page =
        test::run(upstream::find_page(source, request->criteria, plan, {.count = 10, .now = 0}, time_point::max()));
    REQUIRE(page);
    CHECK(page->studies.size() == 2);
}
