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

TEST_CASE("what an archive never tells, and decides alone, is not left out in silence")
{
    struct {
        char const* query;
        tag dropped;
        bool incomplete;
        std::size_t found = 0;
    } const cases[] = {
        {"patient.birthdate=1970", tags::PatientBirthDate, true},
        {"patient=P3", tags::PatientID, true},
        {"identifier=ACC3", tags::AccessionNumber, true},
        {"patient.birthdate=1970&patient=P77", tags::PatientBirthDate, false},  // that is told, and decides as well
        {"patient.birthdate=1970&patient=P3", tags::PatientBirthDate, true},
        {"patient.birthdate:missing=true", tags::PatientBirthDate, false, 10},
        {"patient.birthdate:missing=false", tags::PatientBirthDate, true},
        {"patient.gender:not=male", tags::PatientSex, false, 10},
        {"patient=P3", tags::PatientSex, false, 1},
        {"started=2024-03-10", tags::StudyTime, false, 10},
        {"started=2024-03-11T10:15:00Z", tags::StudyTime, false},  // no time of that day is one of this
        {"started=2024-03-10T11:00", tags::StudyTime, true},
        {"started=ge2024-03-10T11:00", tags::StudyTime, false, 10},
        {"bodysite=x", tags::BodyPartExamined, true},
        {"dicom-class=1.2.3", tags::SOPClassUID, true},
        {"dicom-class=1.2.3", tags::BodyPartExamined, false},
        {"modality=XA", tags::Modality, false},  // told of the study
    };
    for (auto const& c : cases)
        for (bool const omits_empty : {false, true}) {
            CAPTURE(std::string(c.query));
            CAPTURE(omits_empty);
            bench b;
            b.how.sparse = 0;
            b.how.omits_empty = omits_empty;
            b.how.dropped = {c.dropped};
            if (c.dropped == tags::BodyPartExamined)
                b.how.dropped.insert(tags::AnatomicRegionSequence);
            for (auto& study : b.stored)
                study.attributes.add(tags::PatientSex, "F");
            auto const page = b.find(c.query);
            REQUIRE(page);
            CHECK(page->studies.size() == c.found);
            CHECK(says_incomplete(*page) == c.incomplete);
            CHECK(page->total.has_value() != c.incomplete);
        }
}

TEST_CASE("what is told of others is empty where rows lack what has no value, and of one row nobody knows")
{
    bench b;
    b.how.sparse = 0;
    b.how.omits_empty = true;
    for (std::size_t n = 0; n < b.stored.size(); ++n)
        if (n != 2)
            b.stored[n].attributes.add(tags::PatientSex, "F");
    auto const all = b.find("patient.gender=male");
    REQUIRE(all);
    CHECK(all->studies.empty());
    CHECK_FALSE(says_incomplete(*all));
    auto const one = b.find("patient=P3&patient.gender=male");
    REQUIRE(one);
    CHECK(one->studies.empty());
    CHECK(says_incomplete(*one));
}

namespace {

/// Knows each patient by two numbers, and tells the new one.
struct renaming final : upstream::archive {
    std::shared_ptr<upstream::archive> itself;
    std::string told;

    struct renamed final : upstream::row_sink {
        upstream::row_sink& to;
        std::string const& told;

        renamed(upstream::row_sink& sink, std::string const& id) : to(sink), told(id) {}
        void row(data_set&& row) override
        {
            data_set other;
            other.add(tags::StudyInstanceUID, row.text(tags::StudyInstanceUID));
            other.add(tags::PatientID, told.empty() ? row.text(tags::StudyInstanceUID) : told);
            to.row(std::move(other));
        }
    };

    awaitable<result<upstream::found>> find(find_request const& request, upstream::row_sink& rows,
                                            time_point deadline) override
    {
        renamed sink(rows, told);
        auto& to = request.at == level::study ? static_cast<upstream::row_sink&>(sink) : rows;
        result<upstream::found> how = co_await itself->find(request, to, deadline);
        co_return how;
    }
    awaitable<result<void>> verify(time_point) override { co_return result<void>(); }
};

}  // namespace

TEST_CASE("studies that are found by one Patient ID and told by another are not left out in silence")
{
    struct {
        char const* query;
        char const* told;  ///< "": of each study another
        bool incomplete;
    } const cases[] = {
        {"patient=P3", "000P3", true},   {"patient.identifier=P3", "000P3", true},
        {"patient=P3", "P3", false},     {"patient=P3", "", false},  // the key was left aside
        {"patient=P99", "000P3", false},                             // nothing came
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.query));
        CAPTURE(std::string(c.told));
        bench b;
        b.how.sparse = 0;
        if (*c.told == '\0')
            b.how.ignored = {tags::PatientID};
        auto const r = search::parse(search::split_query(c.query), {.base = "https://pons.example/fhir"});
        REQUIRE(r);
        auto source = test::make_source(b.stored, b.how, b.facts, b.log);
        auto other = std::make_unique<renaming>();
        other->itself = std::move(source.where);
        other->told = c.told;
        source.where = std::move(other);
        auto const plan = search::make_plan(r->criteria, *b.facts, source.abilities);
        auto const page = test::run(
            upstream::find_page(source, r->criteria, plan, {.count = 100, .depth = level::study}, time_point::max()));
        REQUIRE(page);
        CHECK(says_incomplete(*page) == c.incomplete);
    }
}

TEST_CASE("modalities that are told empty, of a study and its series, are not left out in silence")
{
    bench b;
    b.how.sparse = 0;
    for (auto& study : b.stored) {
        data_set plain;
        for (auto const t : {tags::StudyInstanceUID, tags::PatientID, tags::StudyDate})
            plain.add(t, study.attributes.text(t));
        plain.begin(tags::ModalitiesInStudy, "CS"_vr);
        study.attributes = std::move(plain);
        REQUIRE(!study.series.empty());
    }
    b.how.dropped = {tags::Modality};
    b.how.ignored = {tags::ModalitiesInStudy};
    auto const page = b.find("modality=CT");
    REQUIRE(page);
    CHECK(page->studies.empty());
    CHECK(says_incomplete(*page));
}
