#include "tests/mapping/search/judged_record.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace pons;
using namespace pons::mapping;
using namespace pons::mapping::search;
using namespace pons::test;

TEST_CASE("criteria are judged on the full record")
{
    struct {
        std::string query;
        bool matches;
    } const cases[] = {
        // Identifiers (fhir.md B 1, 2, 7).
        {"_id=1.2.3", true},
        {"_id=1.2.33", false},
        {"_id=urn:oid:1.2.3", false},
        {"_id:not=1.2.3", false},
        {"_id:not=1.2.4", true},
        {"identifier=urn:dicom:uid|urn:oid:1.2.3", true},
        {"identifier=urn:oid:1.2.3", true},
        {"identifier=1.2.3", true},
        {"identifier=|urn:oid:1.2.3", false},
        {"identifier=http://x|urn:oid:1.2.3", false},
        {"identifier=urn:dicom:uid|", true},
        {"identifier=A*1", true},
        {"identifier=AB1", false},
        {"identifier=http://acc.example|A*1", true},
        {"identifier=|A*1", false},
        {"identifier=|S1", true},
        {"identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|ACSN|A*1", true},
        {"identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|A*1", false},
        {"identifier:not=A*1", false},
        {"identifier:missing=false", true},
        {"basedon:identifier=A*1", true},
        {"basedon.identifier=http://acc.example|A*1", true},
        {"basedon=ServiceRequest/A*1", false},
        // Patients, also one whose id makes no literal reference (DESIGN section 6).
        {"patient=P_1", true},
        {"patient=Patient/P_1", true},
        {"patient=https://pons.example/fhir/Patient/P_1", true},
        {"patient=https://other.example/fhir/Patient/P_1", false},
        {"patient=p_1", false},
        {"patient=Device/P_1", false},
        {"subject:Patient=P_1", true},
        {"subject:Device=P_1", false},
        {"patient:identifier=urn:oid:1.2.3.4|P_1", true},
        {"patient.identifier=urn:oid:9|P_1", false},
        {"patient.name=muller", true},
        {"patient.name=MÜLLER", true},
        {"patient.name=ulle", false},
        {"patient.name:contains=ulle", true},
        {"patient.family:exact=Müller", true},
        {"patient.family:exact=Muller", false},
        {"patient.given=jur", true},
        {"patient.given=Müller", false},
        {"patient.name=山", true},
        {"patient.name=*", false},
        {"patient.gender=female", true},
        {"patient.gender=http://hl7.org/fhir/administrative-gender|female", true},
        {"patient.gender:not=female", false},
        {"patient.birthdate=1970", true},
        {"patient.birthdate=gt1970-01-02", false},
        {"patient:missing=false", true},
        // Dates (B 3).
        {"started=2024-03-31", true},
        {"started=2024-03", true},
        {"started=2024-03-31T10:15", true},
        {"started=2024-03-31T08:15:30Z", true},
        {"started=2024-03-31T08:15:30%2B00:00", true},
        {"started=2024-03-31T10:15:30+02:00", true},
        {"started=2024-03-31T10:15:30Z", false},
        {"started=ge2024-03-31&started=lt2024-04-01", true},
        {"started=lt2024-03-31,gt2024-04-01", false},
        {"started=ne2024-03-31", false},
        {"started=eb2024-04", true},
        {"started=sa2024-02", true},
        {"started:missing=true", false},
        // Codes of the series (B 5).
        {"modality=CT", true},
        {"modality=ct", false},
        {"modality=KO", true},
        {"modality=MR,CT", true},
        {"modality=CT&modality=KO", true},
        {"modality=CT&modality=MR", false},
        {"modality:not=CT", false},
        {"modality:not=MR", true},
        {"modality=http://other|CT", false},
        {"modality=http://dicom.nema.org/resources/ontology/DCM|CT", true},
        {"modality:missing=true", false},
        {"bodysite=816094009", true},
        {"bodysite=http://snomed.info/sct|51185008", false},
        {"bodysite:missing=false", true},
        {"series=1.2.3.2", true},
        {"series=urn:oid:1.2.3.2", true},
        {"series=1.2.3", false},
        {"instance=1.2.3.2.1", true},
        {"dicom-class=urn:oid:1.2.840.10008.5.1.4.1.1.2", true},
        {"dicom-class=1.2.840.10008.5.1.4.1.1.2", true},
        {"dicom-class=urn:ietf:rfc:3986|urn:oid:1.2.840.10008.5.1.4.1.1.88.59", true},
        {"dicom-class=1.2.840.10008.5.1.4.1.1.4", false},
        // The rest.
        {"reason=urn:lex:pain", true},
        {"reason=urn:ietf:rfc:3986|urn:lex:pain", true},
        {"reason=pain", false},
        {"status=available", true},
        {"status=http://hl7.org/fhir/imagingstudy-status|available", true},
        {"status=cancelled", false},
        {"endpoint=Endpoint/main-wado-rs", true},
        {"endpoint=other-wado-rs", false},
        {"referrer.name=O'Neil", true},
        {"referrer.family=o’neil", true},
        {"referrer=Practitioner/1", false},
        {"referrer:missing=true", false},
        {"interpreter:missing=true", true},
        {"performer:missing=true", true},
        {"encounter:identifier=V1", false},
        {"foo=bar", true},
    };
    fixture const f;
    for (auto const& c : cases) {
        CAPTURE(c.query);
        CHECK(judged(c.query, f.record) == (c.matches ? verdict::yes : verdict::no));
    }
}

TEST_CASE("behind a chain, a modifier is of the target")
{
    fixture f;
    auto& a = f.record.attributes;
    a.begin(tags::NameOfPhysiciansReadingStudy, "PN"_vr);
    a.value("House^Gregory");
    a.value("Solo");
    add_code(a.add_sequence(tags::PhysiciansReadingStudyIdentificationSequence)->emplace_back(),
             tags::PersonIdentificationCodeSequence, tags::CodeValue, "D001", "99STAFF");
    struct {
        std::string query;
        bool matches;
    } const cases[] = {
        {"patient.identifier:missing=false", true},
        {"patient.identifier:missing=true", false},
        {"patient.identifier:not=P_1", false},
        {"patient.identifier:not=P_2", true},
        {"patient.identifier:not=P_2,P_1", false},
        {"patient.identifier:not=urn:oid:9|P_1", true},
        {"patient.name:missing=false", true},
        {"patient.given:missing=true", false},
        {"patient.birthdate:missing=true", false},
        {"patient.birthdate:missing=false", true},
        {"patient.gender:missing=true", false},
        {"patient.gender:not=male", true},
        // A study that refers to nobody refers to nobody without a name or number.
        {"performer.name:missing=true", false},
        {"performer.name:missing=false", false},
        {"performer.identifier:not=X", false},
        {"referrer.identifier:missing=true", true},
        {"referrer.identifier:missing=false", false},
        {"referrer.identifier:not=D001", true},
        {"referrer.given:missing=true", false},
        // Of several, one is enough: House has a number and a given name, Solo neither.
        {"interpreter.identifier:missing=true", true},
        {"interpreter.identifier:missing=false", true},
        {"interpreter.identifier:not=D001", true},
        {"interpreter.given:missing=true", true},
        {"interpreter.given:missing=false", true},
        {"interpreter.family:missing=true", false},
        {"basedon.identifier:missing=false", true},
        {"basedon.identifier:missing=true", false},
        {"basedon.identifier:not=A*1", false},
        {"basedon.identifier:not=A2", true},
    };
    for (auto const& c : cases) {
        CAPTURE(c.query);
        CHECK(judged(c.query, f.record) == (c.matches ? verdict::yes : verdict::no));
    }
}

TEST_CASE("a patient of whom nothing is said lacks everything")
{
    fixture f;
    data_set a;
    a.add(tags::StudyInstanceUID, "1.2.3");
    a.add(tags::PatientName, "^^^Dr.");
    f.record.attributes = std::move(a);
    for (std::string const part : {"identifier", "family", "given", "birthdate", "gender"}) {
        CAPTURE(part);
        CHECK(judged("patient." + part + ":missing=true", f.record) == verdict::yes);
        CHECK(judged("subject:Patient." + part + ":missing=false", f.record) == verdict::no);
    }
    CHECK(judged("patient.name:missing=true", f.record) == verdict::no);
    CHECK(judged("patient.identifier:not=P_1", f.record) == verdict::yes);
    CHECK(judged("basedon.identifier:not=A1", f.record) == verdict::no);
}

TEST_CASE("an id of another issuer is not meant by its bare value")
{
    fixture f;
    f.record.attributes.add(tags::IssuerOfPatientID, "HOSP_B");
    CHECK(judged("patient=P_1", f.record) == verdict::no);
    CHECK(judged("patient.identifier=P_1", f.record) == verdict::yes);
    CHECK(judged("patient.identifier=urn:oid:1.2.3.4|P_1", f.record) == verdict::no);
}

TEST_CASE("accession numbers are compared as configured")
{
    struct {
        accession_rules rules;
        std::string asked;
        std::string stored;
        bool same;
    } const cases[] = {
        {{}, "123", "123", true},
        {{}, "0123", "123", false},
        {{.pad = 7}, "123", "0000123", true},
        {{.pad = 7}, "0000123", "123", true},
        {{.pad = 7, .prefix = "X"}, "X123", "0000123", true},
        {{.pad = 7, .prefix = "X"}, "123", "X123", true},
        {{.pad = 7, .prefix = "X"}, "Y123", "X123", false},
        {{.prefix = "X"}, "X", "0", false},
        {{.pad = 1, .prefix = "X"}, "0", "X", true},
    };
    for (auto const& c : cases) {
        CAPTURE(c.asked);
        CAPTURE(c.stored);
        fixture f;
        f.facts.accession = c.rules;
        data_set a;
        a.add(tags::StudyInstanceUID, "1.2.3");
        a.add(tags::AccessionNumber, c.stored);
        f.record.attributes = std::move(a);
        CHECK((judged("identifier=" + std::string(c.asked), f.record) == verdict::yes) == c.same);
        CHECK((judged("basedon:identifier=" + std::string(c.asked), f.record) == verdict::yes) == c.same);
    }
}

TEST_CASE("what is not known yet stays open, what is decided does not")
{
    struct {
        std::string query;
        verdict at_study, at_series, partial;
    } const cases[] = {
        {"bodysite=816094009", verdict::open, verdict::yes, verdict::yes},
        {"bodysite=818981001", verdict::open, verdict::no, verdict::open},
        {"bodysite:not=818981001", verdict::open, verdict::yes, verdict::open},
        {"bodysite:not=816094009", verdict::open, verdict::no, verdict::no},
        {"bodysite:missing=true", verdict::open, verdict::no, verdict::no},
        {"performer:missing=true", verdict::open, verdict::yes, verdict::open},
        {"performer.name:missing=true", verdict::open, verdict::no, verdict::open},
        {"performer.identifier:not=X", verdict::open, verdict::no, verdict::open},
        {"instance=1.2.3.1.1", verdict::open, verdict::open, verdict::open},
        {"modality=CT", verdict::yes, verdict::yes, verdict::yes},
        {"modality:not=CT", verdict::no, verdict::no, verdict::no},
        {"modality=MR", verdict::no, verdict::no, verdict::no},
        {"bodysite=818981001&_id=1.2.4", verdict::no, verdict::no, verdict::no},
        {"bodysite=818981001&_id=1.2.3", verdict::open, verdict::no, verdict::open},
        {"_id=1.2.3", verdict::yes, verdict::yes, verdict::yes},
    };
    for (auto const& c : cases) {
        CAPTURE(c.query);
        fixture f;
        for (auto& s : f.record.series) {
            s.instances.clear();
            s.instances_known = false;
        }
        CHECK(judged(c.query, f.record) == c.at_series);
        f.record.partial = true;
        CHECK(judged(c.query, f.record) == c.partial);
        f.record.partial = false;
        f.record.series.clear();
        f.record.series_known = false;
        CHECK(judged(c.query, f.record) == c.at_study);
    }
}

TEST_CASE("modalities come from the series when the archive does not give Modalities in Study")
{
    fixture f;
    data_set a;
    a.add(tags::StudyInstanceUID, "1.2.3");
    f.record.attributes = std::move(a);
    CHECK(judged("modality=KO", f.record) == verdict::yes);
    CHECK(judged("modality:not=MR", f.record) == verdict::yes);
    f.record.partial = true;
    CHECK(judged("modality:not=MR", f.record) == verdict::open);
    f.record.partial = false;
    f.record.series_known = false;
    f.record.series.clear();
    CHECK(judged("modality=KO", f.record) == verdict::open);
}

TEST_CASE("every parameter is judged, never open on a record known in full, at the depth that is announced")
{
    fixture f;
    for (auto const& row : imaging_study_parameters()) {
        CAPTURE(std::string(row.name));
        std::string const value = row.type == parameter_type::date ? "2024" : "x";
        for (auto const* const m : {"", ":not", ":missing", ":identifier"}) {
            auto const query = std::string(row.name) + m + "=" + (std::string_view(m) == ":missing" ? "true" : value);
            auto const r = parse(split_query(query), {.base = base});
            if (!r)
                continue;
            judge const j(r->criteria);
            CHECK(j.of(f.record) != verdict::open);
            CHECK(j.depth() == (row.name == "status" ? level::series : row.at));  // a count of none is looked at
        }
    }
}
