#pragma once

#include "mapping/search/judge.hpp"
#include "mapping/tables/imaging_study.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

/// A record to be judged by queries.
namespace pons::test {

inline namespace judged_record {

using namespace mapping;
using namespace mapping::search;

inline constexpr std::string_view base = "https://pons.example/fhir";

inline verdict judged(std::string_view query, study_record const& record)
{
    auto const r = parse(split_query(query), {.base = base, .strict = false, .max_count = 1000, .now = 0});
    REQUIRE_MESSAGE(r, query);
    return judge(r->criteria).of(record);
}

inline void add_code(data_set& to, tag sequence, tag code_tag, std::string_view code, std::string_view scheme)
{
    auto& item = to.add_sequence(sequence)->emplace_back();
    item.add(code_tag, code);
    item.add(tags::CodingSchemeDesignator, scheme);
    item.add(tags::CodeMeaning, "meaning");
}

/// A CT study with a key object, known to its instances.
struct fixture {
    source_facts facts;
    study_record record;

    fixture()
    {
        facts.patient_system = "urn:oid:1.2.3.4";
        facts.patient_namespace = "HOSP_A";
        facts.accession_system = "http://acc.example";
        facts.endpoints.push_back(
            {.id = "main-wado-rs", .connection_type = "dicom-wado-rs", .name = {}, .address = {}});
        record.source = &facts;
        auto& a = record.attributes;
        a.add(tags::StudyInstanceUID, "1.2.3");
        a.add(tags::StudyDate, "20240331");
        a.add(tags::StudyTime, "101530");
        a.add(tags::TimezoneOffsetFromUTC, "+0200");
        a.add(tags::AccessionNumber, "A*1");
        a.add(tags::StudyID, "S1");
        a.add(tags::PatientID, "P_1");
        a.add(tags::PatientName, "Müller^Jürgen^^Dr.=山田^太郎");
        a.add(tags::PatientBirthDate, "19700102");
        a.add(tags::PatientSex, "F");
        a.add(tags::ReferringPhysicianName, "O'Neil^Sean");
        a.add(tags::ModalitiesInStudy, "CS"_vr, {"CT", "KO"});
        add_code(a, tags::ReasonForRequestedProcedureCodeSequence, tags::URNCodeValue, "urn:lex:pain", "99X");
        add_series("1.2.3.1", "CT", "CHEST", "1.2.840.10008.5.1.4.1.1.2");
        add_series("1.2.3.2", "KO", "", "1.2.840.10008.5.1.4.1.1.88.59");
        record.series_known = true;
    }

    void add_series(std::string uid, std::string_view modality, std::string_view part, std::string_view sop_class)
    {
        auto& s = record.series.emplace_back();
        s.attributes.add(tags::SeriesInstanceUID, uid);
        s.attributes.add(tags::Modality, modality);
        s.attributes.add(tags::BodyPartExamined, part);
        auto& i = s.instances.emplace_back();
        i.add(tags::SOPInstanceUID, uid + ".1");
        i.add(tags::SOPClassUID, sop_class);
        s.instances_known = true;
    }
};

}  // namespace judged_record

}  // namespace pons::test
