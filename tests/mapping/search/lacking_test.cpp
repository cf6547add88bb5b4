#include "tests/mapping/search/judged_record.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace pons;
using namespace pons::mapping;
using namespace pons::mapping::search;
using namespace pons::test;

TEST_CASE("what a row does not tell decides nothing")
{
    fixture f;
    data_set told;  // an archived study, as some archives tell it
    told.add(tags::StudyInstanceUID, "1.2.3");
    told.add(tags::StudyDate, "20240331");
    told.add(tags::PatientID, "P_1");
    study_record row;
    row.attributes = std::move(told);
    row.source = &f.facts;
    std::vector<tag> const untold{tags::StudyTime, tags::AccessionNumber, tags::StudyID, tags::PatientName,
                                  tags::PatientBirthDate};
    using enum verdict;
    struct {
        char const* query;
        verdict believed;  ///< where a missing attribute is no value
        verdict untold;
    } const cases[] = {
        {"_id=1.2.3", yes, yes},
        {"_id=1.2.4", no, no},
        {"patient=P_1", yes, yes},
        {"patient=P_2", no, no},
        {"identifier=ACC1", no, open},
        {"identifier=urn:dicom:uid|urn:oid:1.2.3", yes, yes},
        {"identifier:not=ACC1", yes, open},
        {"basedon:identifier=ACC1", no, open},
        {"patient.name=m", no, open},
        {"patient.birthdate=1970", no, open},
        {"patient.gender=male", no, no},  // told, and empty
        {"patient.name:missing=true", yes, open},
        {"patient.given:missing=false", no, open},
        {"patient.identifier:missing=false", yes, yes},
        {"patient.identifier:not=P_2", yes, yes},
        {"basedon.identifier:missing=false", no, open},
        {"basedon.identifier:not=ACC1", no, open},
        {"started=2024-03-31T10:00:00Z", no, open},
        {"started=2024-03-31", yes, open},
        {"started:missing=false", yes, yes},
        {"patient=P_2&patient.name=m", no, no},
        {"patient=P_1&patient.name=m", no, open},
    };
    for (auto const& c : cases) {
        CAPTURE(c.query);
        auto const r = parse(split_query(c.query), {.base = base});
        REQUIRE(r);
        judge const by(r->criteria);
        CHECK(by.of(row) == c.believed);
        CHECK(by.of(row, untold) == c.untold);
    }
}

TEST_CASE("a patient's number is nobody's where the issuer is not told")
{
    using enum verdict;
    std::vector<tag> const untold{tags::PatientName, tags::IssuerOfPatientID};
    for (bool const told_apart : {false, true}) {
        CAPTURE(told_apart);
        source_facts facts;
        facts.patient_system = "urn:oid:1.2.3.4";
        facts.patient_namespace = told_apart ? "HOSP_A" : "";
        study_record row;
        row.attributes.add(tags::StudyInstanceUID, "1.2.3");
        row.attributes.add(tags::PatientID, "P1");
        row.source = &facts;
        struct {
            char const* query;
            verdict met;
        } const cases[] = {
            {"patient=P1", told_apart ? open : yes},
            {"patient=P2", no},
            {"patient.identifier=P1", told_apart ? open : yes},
            {"patient.identifier=urn:oid:1.2.3.4|P1", open},
        };
        for (auto const& c : cases) {
            CAPTURE(c.query);
            auto const r = parse(split_query(c.query), {.base = base});
            REQUIRE(r);
            judge const by(r->criteria);
            CHECK(by.of(row, untold) == c.met);
            CHECK(by.of(row) == (std::string_view(c.query).ends_with("P2") ? no : yes));
        }
    }
}

TEST_CASE("what a record lacks is named where it alone stands against a match")
{
    fixture f;
    data_set told;
    told.add(tags::StudyInstanceUID, "1.2.3");
    told.add(tags::StudyDate, "20240331");
    told.add(tags::PatientID, "P_1");
    told.add(tags::StudyID, "S1");
    study_record row;
    row.attributes = std::move(told);
    row.source = &f.facts;
    row.series_known = true;
    row.series.emplace_back().instances_known = true;
    row.series.back().instances.emplace_back();
    using groups = std::vector<std::vector<tag>>;
    struct {
        char const* query;
        groups lacking;
    } const cases[] = {
        {"patient=P_2", {}},
        {"patient.gender=male", {{tags::PatientSex}}},
        {"patient.name=m", {{tags::PatientName}}},
        {"patient.birthdate=1970", {{tags::PatientBirthDate}}},
        {"patient.birthdate=1970&patient.gender=male", {{tags::PatientBirthDate}, {tags::PatientSex}}},
        {"patient.birthdate=1970&patient=P_2", {}},
        {"identifier=ACC1", {{tags::AccessionNumber}}},
        {"identifier=urn:oid:1.2|ACC1", {{tags::AccessionNumber}}},
        {"identifier=urn:dicom:uid|urn:oid:1.2.4", {}},
        {"basedon:identifier=ACC1", {{tags::AccessionNumber}}},
        {"started=2024-04-02", {}},
        {"started=2024-03-31T10:00", {{tags::StudyTime}}},
        {"started=2024-04-05T10:00", {}},
        {"referrer.name=m", {{tags::ReferringPhysicianName}}},
        {"referrer:identifier=x", {{tags::ReferringPhysicianIdentificationSequence}}},
        {"referrer=Practitioner/x", {}},
        {"reason=x", {{tags::ReasonForRequestedProcedureCodeSequence}}},
        {"encounter:identifier=x", {{tags::AdmissionID}}},
        {"bodysite=x", {{tags::AnatomicRegionSequence, tags::BodyPartExamined}}},
        {"dicom-class=1.2", {{tags::SOPClassUID}}},
        {"modality=CT", {{tags::Modality}}},
        {"series=1.2", {}},
        {"status=cancelled", {}},
        {"_id=1.2.4", {}},
    };
    for (auto const& c : cases) {
        CAPTURE(c.query);
        auto const r = parse(split_query(c.query), {.base = base});
        REQUIRE(r);
        judge const by(r->criteria);
        CHECK(by.of(row) == verdict::no);
        CHECK(by.lacking(row) == c.lacking);
        auto const deciding = by.deciding();
        for (auto const& group : c.lacking)
            for (auto const t : group)
                CHECK(std::ranges::find(deciding, t) != deciding.end());
    }
}

TEST_CASE("modalities that are told empty of a study are as little known as those that are not")
{
    fixture f;
    for (bool const is_empty : {true, false}) {
        CAPTURE(is_empty);
        study_record row;
        row.attributes.add(tags::StudyInstanceUID, "1.2.3");
        if (is_empty)
            row.attributes.begin(tags::ModalitiesInStudy, "CS"_vr);
        else
            row.attributes.add(tags::ModalitiesInStudy, "MR");
        row.source = &f.facts;
        row.series_known = true;
        row.series.emplace_back();
        auto const r = parse(split_query("modality=CT"), {.base = base});
        REQUIRE(r);
        judge const by(r->criteria);
        CHECK(by.of(row) == verdict::no);
        CHECK(by.lacking(row).size() == (is_empty ? 1U : 0U));
    }
}
