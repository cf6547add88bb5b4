#include "upstream/search/telling.hpp"

#include "mapping/search/criteria.hpp"
#include "tests/support/random_archive.hpp"
#include "tests/support/run.hpp"
#include "tests/support/scripted_archive.hpp"
#include "upstream/search/study_search.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace pons;
using namespace pons::mapping;
using upstream::telling;

namespace {

data_set bare_row()
{
    data_set row;
    row.add(tags::StudyInstanceUID, "1.2");
    row.add(tags::PatientID, "P1");
    row.add(tags::StudyDate, "20240310");
    return row;
}

data_set whole_row()
{
    auto row = bare_row();
    for (auto const t : {tags::StudyTime, tags::AccessionNumber, tags::ReferringPhysicianName, tags::PatientName,
                         tags::PatientBirthDate, tags::PatientSex, tags::StudyID})
        row.begin(t, find_attribute(t)->vr);
    return row;
}

/// Those that every study has.
std::size_t of_every_study(std::vector<tag> const& untold)
{
    auto const whole = whole_row();
    return static_cast<std::size_t>(std::ranges::count_if(untold, [&](tag t) { return whole.contains(t); }));
}

}  // namespace

TEST_CASE("a row lacks what others have, or what every study has")
{
    auto without_name = bare_row();
    without_name.add(tags::AccessionNumber, "A1");
    for (bool const omits_empty : {false, true}) {
        CAPTURE(omits_empty);
        telling by(omits_empty);
        CHECK(by.untold(whole_row()).empty());  // empty is no value
        CHECK(of_every_study(by.untold(bare_row())) == 7);
        CHECK(by.untold(without_name).empty());  // it may never tell names
        by.hear(whole_row());
        CHECK(by.untold(whole_row()).empty());
        CHECK(of_every_study(by.untold(bare_row())) == 7);
        auto const of_a_part = by.untold(without_name);
        CHECK(of_every_study(of_a_part) == (omits_empty ? 0U : 6U));
        // What else it may have is as unknown, but for what its series tell.
        CHECK((std::ranges::find(of_a_part, tags::StudyDescription) != of_a_part.end()) == !omits_empty);
        CHECK(std::ranges::find(of_a_part, tags::ModalitiesInStudy) == of_a_part.end());
    }
}

namespace {

/// Ten studies, each third of which is told in part.
struct bench {
    std::vector<test::stored_study> stored;
    test::quirks how;
    test::record_of_queries log;
    std::shared_ptr<source_facts> facts = std::make_shared<source_facts>();

    bench()
    {
        for (std::size_t n = 0; n < 10; ++n) {
            stored.push_back(test::plain_study(n + 1, "20240310", "101500"));
            stored.back().attributes.add(tags::PatientBirthDate, n % 2 == 0 ? "19700101" : "19850101");
        }
        how.sparse = 3;
    }

    result<upstream::page_found> find(std::string const& query)
    {
        auto const r = search::parse(search::split_query(query), {.base = "https://pons.example/fhir"});
        REQUIRE(r);
        auto source = test::make_source(stored, how, facts, log);
        auto const plan = search::make_plan(r->criteria, *facts, source.abilities);
        return test::run(
            upstream::find_page(source, r->criteria, plan, {.count = 100, .depth = level::study}, time_point::max()));
    }
};

bool says_incomplete(upstream::page_found const& page)
{
    return std::ranges::any_of(page.issues, [](issue const& i) { return i.what == issue::kind::incomplete; });
}

}  // namespace

TEST_CASE("studies that were told in part are asked for once more, by their UIDs")
{
    for (bool const omits_empty : {false, true}) {
        CAPTURE(omits_empty);
        bench b;
        b.how.omits_empty = omits_empty;
        SUBCASE("and then told")
        {
            b.how.sparse_by_uid = false;
            auto const page = b.find("patient.birthdate=1970");
            REQUIRE(page);
            CHECK(page->studies.size() == 5);
            CHECK_FALSE(says_incomplete(*page));
            CHECK(page->total == 5U);
            auto const by_uid = std::ranges::count_if(b.log.requests, [](find_request const& q) {
                return q.at == level::study && !q.keys.empty() && q.keys.front().attribute == tags::StudyInstanceUID &&
                       q.keys.front().values.size() == 3;
            });
            CHECK(by_uid == 1);
            // What is shown does not depend on what was asked.
            for (auto const& study : page->studies)
                if (study.uid() == "2.25.9173.3" || study.uid() == "2.25.9173.9")
                    CHECK_FALSE(study.attributes.contains(tags::PatientBirthDate));
        }
        SUBCASE("and still not told")
        {
            auto const page = b.find("patient.birthdate=1970");
            REQUIRE(page);
            CHECK(page->studies.size() == 3);  // 1, 5, 7; 3 and 9 might be
            CHECK(says_incomplete(*page));
            CHECK_FALSE(page->total);
        }
        SUBCASE("not where it does not matter")
        {
            auto const page = b.find("patient=P3");
            REQUIRE(page);
            CHECK(page->studies.size() == 1);
            CHECK_FALSE(says_incomplete(*page));
            CHECK(b.log.count(level::study) == 1);
        }
    }
}

TEST_CASE("an archive that never tells an attribute has no value for it")
{
    bench b;
    b.how.sparse = 0;
    b.how.dropped = {tags::PatientBirthDate};
    auto const page = b.find("patient.birthdate=1970");
    REQUIRE(page);
    CHECK(page->studies.empty());
    CHECK_FALSE(says_incomplete(*page));
}
