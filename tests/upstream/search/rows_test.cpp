#include "upstream/search/rows.hpp"

#include "tests/support/random_archive.hpp"
#include "tests/support/run.hpp"
#include "tests/support/scripted_archive.hpp"
#include "upstream/capped/row_limit.hpp"
#include "upstream/search/study_search.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <utility>

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

TEST_CASE("a count of none is one that is not told")
{
    upstream::unique_rows rows(tags::SeriesInstanceUID);
    auto series = row_of("1.1", "1.2");
    series.add(tags::NumberOfSeriesRelatedInstances, "0");
    rows.row(std::move(series));
    REQUIRE(rows.rows.size() == 1);
    CHECK(!rows.rows.front().contains(tags::NumberOfSeriesRelatedInstances));

    auto study = row_of("1.1", {});
    study.add(tags::ModalitiesInStudy, "CT");
    study.add(tags::NumberOfStudyRelatedSeries, "0");
    study.add(tags::NumberOfStudyRelatedInstances, "10");
    study.add(tags::PatientID, "0");
    CHECK(upstream::leaves_to_series(study));
    upstream::drop_counts_of_none(study);
    CHECK(!study.contains(tags::NumberOfStudyRelatedSeries));
    CHECK(study.text(tags::NumberOfStudyRelatedInstances) == "10");
    CHECK(study.text(tags::PatientID) == "0");
}

TEST_CASE("of a study that is told twice the first row counts, with the modalities of both")
{
    struct told {
        char const* description;
        char const* modality;
        char const* count;
    };
    struct {
        char const* name;
        told again;
        std::uint32_t differing;
        std::size_t modalities;
    } const cases[] = {
        {"the same", {"Chest", "CT", "3"}, 0, 1},          {"another description", {"Head", "CT", "3"}, 1, 1},
        {"another modality", {"Chest", "SR", "3"}, 0, 2},  {"not told", {nullptr, nullptr, nullptr}, 0, 1},
        {"more of it by now", {"Chest", "CT", "4"}, 0, 1},
    };
    auto const made = [](told const& t) {
        auto row = row_of("1.1", {});
        for (auto const& [attribute, value] :
             {std::pair(tags::StudyDescription, t.description), std::pair(tags::ModalitiesInStudy, t.modality),
              std::pair(tags::NumberOfStudyRelatedSeries, t.count)})
            if (value)
                row.add(attribute, value);
        return row;
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        upstream::unique_rows rows(tags::StudyInstanceUID);
        rows.row(made({"Chest", "CT", "3"}));
        rows.row(made(c.again));
        REQUIRE(rows.rows.size() == 1);
        CHECK(rows.differing() == c.differing);
        CHECK(rows.rows.front().text(tags::StudyDescription) == "Chest");
        CHECK(rows.rows.front().count(tags::ModalitiesInStudy) == c.modalities);
        CHECK(rows.rows.front().text(tags::NumberOfStudyRelatedSeries) == "3");
    }
}

TEST_CASE("studies that an archive tells twice with different values are told of, each once")
{
    std::vector<test::stored_study> stored;
    for (std::size_t n = 1; n <= 4; ++n) {
        auto& study = stored.emplace_back(test::plain_study(n, "20240101"));
        study.attributes.add(tags::StudyDescription, "Chest");
    }
    for (bool const differ : {false, true}) {
        CAPTURE(differ);
        test::quirks const how{.repeats = 2, .repeats_differ = differ};
        test::record_of_queries log;
        auto const facts = std::make_shared<source_facts>();
        auto source = test::make_source(stored, how, facts, log);
        auto const request = search::parse(search::split_query("started=2024-01-01"), {.now = 0});
        REQUIRE(request);
        auto const plan = search::make_plan(request->criteria, *facts, source.abilities);
        auto const page =
            test::run(upstream::find_page(source, request->criteria, plan, {.count = 10, .now = 0}, time_point::max()));
        REQUIRE(page);
        CHECK(page->studies.size() == 4);
        REQUIRE(page->issues.size() == (differ ? 1 : 0));
        if (!differ)
            continue;
        CHECK(page->issues.front().what == issue::kind::invalid);
        CHECK(page->issues.front().text.starts_with("2 studies"));
        for (auto const& study : page->studies)
            CHECK(study.attributes.text(tags::StudyDescription) == "Chest");
    }
}

TEST_CASE("a key that the archive refuses is told of where another one is answered")
{
    std::vector<test::stored_study> stored;
    stored.emplace_back(test::plain_study(1, "20240101"));
    auto const accession = std::string(stored.front().attributes.text(tags::AccessionNumber));
    REQUIRE_FALSE(accession.empty());
    struct {
        char const* name;
        std::set<tag> refused;
        bool answered;
        std::size_t issues;
    } const cases[] = {
        {"none", {}, true, 0},
        {"Study ID", {tags::StudyID}, true, 1},
        {"both", {tags::StudyID, tags::AccessionNumber}, false, 0},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        test::quirks const how{.refused = c.refused};
        test::record_of_queries log;
        auto const facts = std::make_shared<source_facts>();
        auto source = test::make_source(stored, how, facts, log);
        auto const request = search::parse(search::split_query("identifier=" + accession), {.now = 0});
        REQUIRE(request);
        auto const plan = search::make_plan(request->criteria, *facts, source.abilities);
        auto const page =
            test::run(upstream::find_page(source, request->criteria, plan, {.count = 10, .now = 0}, time_point::max()));
        REQUIRE(page.has_value() == c.answered);
        if (!page)
            continue;
        CHECK(page->studies.size() == 1);
        REQUIRE(page->issues.size() == c.issues);
        for (auto const& one : page->issues) {
            CHECK(one.what == issue::kind::incomplete);
            CHECK(one.text.find("StudyID") != std::string::npos);
        }
    }
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
