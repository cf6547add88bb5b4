#include "tests/support/random_archive.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace pons::test {

using namespace mapping;

namespace pool {

using values = std::vector<std::string_view>;

values const patient_ids{
    "P1",       "P2",   "P3", "4711",   "A*1", "AB1",
    "12/34-ab", "ÄB 1", "p1", "P1.a-b", "",    "0000000000111111111122222222223333333333444444444455555555556666"};
values const issuers{"", "", "HOSP_A", "HOSP_B"};
values const names{"Müller^Jürgen",
                   "MULLER^HANS",
                   "O'Neil^Sean",
                   "van der Berg^Anna Maria",
                   "Doe^Jane^^Dr.^Jr",
                   "DOE^JANE",
                   "doe^john^quincy",
                   "Yamada^Tarou=山田^太郎=やまだ^たろう",
                   "Wang^XiaoDong=王^小東",
                   "Διονυσιος",
                   "Люкceмбypг",
                   "Ångström^Åsa",
                   "Weiß^Anna",
                   "Østermann^Zoë",
                   "Łukasz^Żak",
                   "Dupont^Jean-Pierre",
                   "=山田^花子",
                   "^Onlygiven",
                   "^^^Dr.",
                   "Star*^A?",
                   "",
                   "^",
                   "Mu\xCC\x88ller^Jens"};
values const accessions{"ACC1", "ACC2", "123", "0000123",           "X123",  "X0000123", "A*1", "AB1",
                        "a*1",  "",     "",    "ACC-WITH-18-CHARS", "1.2.3", "X",        "0"};
values const study_ids{"S1", "S2", "ACC1", "1.2.3", "123", "", "A?1"};
values const dates{"20240330",   "20240331",   "20240401", "20241027", "20241026", "20240229", "20240301",
                   "20231231",   "20240101",   "20240115", "19991231", "20000101", "19690720", "20310101",
                   "2024.03.31", "2024.01.15", "",         "",         "20241399", "20230229", "UNKNOWN"};
values const times{"",         "",       "10",     "1015",          "101530", "101530.5", "101530.123456",
                   "10:15:30", "235960", "000000", "235959.999999", "023000", "2530",     "noon",
                   "233000",   "003000"};
values const offsets{"", "", "", "+0100", "-1200", "+1400", "+0000", "-0500", "-0000", "+2000", "0100"};
values const birth_dates{"19700101", "19700102", "1970.01.01", "", "1970", "19700231", "19850615"};
values const sexes{"M", "F", "O", "", "X"};
values const modalities{"CT", "CT", "MR", "US", "SR", "KO", "PR", "CR", "OT", "ZZ", "", "ct"};
values const body_parts{"CHEST", "chest", "ABDOMEN", "KNEE LT", "Knee_RT", "LEFT ELBOW REGION", "", "HEAD"};
values const sop_classes{"1.2.840.10008.5.1.4.1.1.2",
                         "1.2.840.10008.5.1.4.1.1.4",
                         "1.2.840.10008.5.1.4.1.1.88.11",
                         "1.2.840.10008.5.1.4.1.1.88.59",
                         "",
                         "not a uid"};
values const physicians{"House^Gregory", "Müller^Eva^^Dr.", "Wong^Anna=黃^安娜", "HOUSE^MARY", "", "^",
                        "Solo",          "Ángel^José"};
values const staff_codes{"D001", "D002", "d001"};
values const reasons{"R10", "R11", "29857009", "urn:lex:pain", "urn:oid:1.2.3"};

}  // namespace pool

namespace {

struct region {
    std::string_view value;
    std::string_view code;
};
constexpr region regions[] = {{"CHEST", "816094009"},  {"chest", "816094009"},  {"ABDOMEN", "818981001"},
                              {"KNEE LT", "72696002"}, {"Knee_RT", "72696002"}, {"HEAD", "69536005"}};

void add_code(data_set& to, tag sequence, std::string_view code, std::string_view scheme, std::string_view meaning)
{
    auto* const items = to.add_sequence(sequence);
    if (!items)
        return;
    auto& item = items->emplace_back();
    item.add(code.starts_with("urn:") ? tags::URNCodeValue : tags::CodeValue, code);
    if (scheme.starts_with("1."))
        item.add(tags::CodingSchemeUID, scheme);
    else if (!scheme.empty())
        item.add(tags::CodingSchemeDesignator, scheme);
    item.add(tags::CodeMeaning, meaning);
}

void add_issuer(dice& d, data_set& to, tag sequence)
{
    static constexpr std::pair<std::string_view, std::string_view> known[] = {
        {"1.2.3.4", "ISO"},
        {"9.8.7", "ISO"},
        {"0b6f5c2a-1111-4222-8333-944455556666", "UUID"},
        {"http://hosp.example/ids", "URI"},
        {"ids.hosp.example", "DNS"},
        {"01.2", "ISO"}};
    auto* const items = to.add_sequence(sequence);
    auto& item = items->emplace_back();
    if (d.one_in(2))
        item.add(tags::LocalNamespaceEntityID, d.one_in(2) ? "LAB" : "WARD");
    if (d.one_in(3))
        return;
    auto const& [id, type] = d.pick(known);
    item.add(tags::UniversalEntityID, id);
    item.add(tags::UniversalEntityIDType, type);
}

/// Names, and items that identify some of them.
void add_people(dice& d, data_set& to, tag names, tag identification, std::size_t most)
{
    auto const count = d.below(most + 1);
    if (d.one_in(4) || count == 0)
        return;
    to.begin(names, "PN"_vr);
    for (std::size_t i = 0; i < count; ++i)
        to.value(d.pick(pool::physicians));
    if (!d.one_in(2))
        return;
    auto* const items = to.add_sequence(identification);
    for (std::size_t i = 0; i < 1 + d.below(count); ++i)
        add_code(items->emplace_back(), tags::PersonIdentificationCodeSequence, d.pick(pool::staff_codes),
                 d.one_in(2) ? "99STAFF" : "1.2.3.4.5", "staff");
}

void add_some(dice& d, data_set& to, tag t, std::vector<std::string_view> const& values, std::size_t absent_one_in = 8)
{
    if (!d.one_in(absent_one_in))
        to.add(t, d.pick(values));
}

void add_patient(dice& d, data_set& a)
{
    add_some(d, a, tags::PatientName, pool::names, 20);
    add_some(d, a, tags::PatientID, pool::patient_ids, 20);
    add_some(d, a, tags::IssuerOfPatientID, pool::issuers, 3);
    if (d.one_in(4))
        add_issuer(d, a, tags::IssuerOfPatientIDQualifiersSequence);
    add_some(d, a, tags::PatientBirthDate, pool::birth_dates);
    add_some(d, a, tags::PatientSex, pool::sexes);
}

void add_study(dice& d, data_set& a, recipe const& how)
{
    if (how.crowded_days)
        a.add(tags::StudyDate, d.one_in(10) ? "" : d.one_in(2) ? "20240331" : "20240330");
    else
        add_some(d, a, tags::StudyDate, pool::dates, 12);
    add_some(d, a, tags::StudyTime, pool::times, 6);
    add_some(d, a, tags::TimezoneOffsetFromUTC, pool::offsets, 2);
    add_some(d, a, tags::AccessionNumber, pool::accessions);
    if (d.one_in(3))
        add_issuer(d, a, tags::IssuerOfAccessionNumberSequence);
    add_some(d, a, tags::StudyID, pool::study_ids);
    add_people(d, a, tags::ReferringPhysicianName, tags::ReferringPhysicianIdentificationSequence, 1);
    add_people(d, a, tags::NameOfPhysiciansReadingStudy, tags::PhysiciansReadingStudyIdentificationSequence, 3);
    if (d.one_in(4))
        add_code(a, tags::ProcedureCodeSequence, "PX1", "99LOCAL", "Procedure");
    if (d.one_in(3)) {
        static constexpr std::string_view schemes[] = {"SCT", "I10", "SRT", "1.2.3.4.5", ""};
        add_code(a, tags::ReasonForRequestedProcedureCodeSequence, d.pick(pool::reasons), d.pick(schemes), "Reason");
    }
    if (d.one_in(4))
        a.add(tags::ReasonForTheRequestedProcedure, "pain");
    if (d.one_in(4)) {
        a.add(tags::AdmissionID, d.one_in(2) ? "V1" : "V2");
        if (d.one_in(2))
            add_issuer(d, a, tags::IssuerOfAdmissionIDSequence);
    }
    static constexpr std::string_view availability[] = {"ONLINE", "OFFLINE", "", "UNAVAILABLE"};
    if (d.one_in(2))
        a.add(tags::InstanceAvailability, d.pick(availability));
    a.add(tags::StudyDescription, d.one_in(3) ? "" : "Thorax & \"Abdomen\" <1>");
}

stored_series make_series(dice& d, std::string const& uid)
{
    stored_series s;
    auto& a = s.attributes;
    a.add(tags::SeriesInstanceUID, uid);
    add_some(d, a, tags::Modality, pool::modalities, 20);
    static constexpr std::string_view numbers[] = {"1", "2", "3", "-1", "", "+2"};
    a.add(tags::SeriesNumber, d.pick(numbers));
    add_some(d, a, tags::BodyPartExamined, pool::body_parts, 4);
    if (d.one_in(6))
        add_code(a, tags::AnatomicRegionSequence, "43799004", "SCT", "Thorax");
    add_people(d, a, tags::PerformingPhysicianName, tags::PerformingPhysicianIdentificationSequence, 2);
    add_people(d, a, tags::OperatorsName, tags::OperatorIdentificationSequence, 2);
    for (std::size_t i = 0, count = 1 + d.below(2); i < count; ++i) {
        auto& image = s.instances.emplace_back();
        image.add(tags::SOPInstanceUID, uid + "." + std::to_string(i + 1));
        add_some(d, image, tags::SOPClassUID, pool::sop_classes, 20);
        image.add(tags::InstanceNumber, std::to_string(count - i));
    }
    a.add(tags::NumberOfSeriesRelatedInstances, std::to_string(s.instances.size()));
    return s;
}

std::shared_ptr<source_facts> make_facts(dice& d, recipe const& how)
{
    static auto const vienna = codecs::find_zone("Europe/Vienna");
    static auto const new_york = codecs::find_zone("America/New_York");
    auto facts = std::make_shared<source_facts>();
    facts->name = "scripted";
    if (how.zone)
        facts->zone = d.one_in(2) ? &*vienna : &*new_york;
    facts->patient_system = d.one_in(3) ? "" : "urn:oid:1.2.3.4";
    facts->patient_namespace = d.one_in(2) ? "" : "HOSP_A";
    facts->accession_system = d.one_in(2) ? "" : "http://acc.example";
    if (d.one_in(2))
        facts->accession.pad = d.one_in(2) ? 7 : 0;
    if (d.one_in(3))
        facts->accession.prefix = "X";
    facts->endpoints.push_back({.id = "scripted-wado-rs",
                                .connection_type = "dicom-wado-rs",
                                .name = "scripted",
                                .address = "http://127.0.0.1/dicomweb"});
    return facts;
}

}  // namespace

std::string_view code_of_body_part(std::string_view value)
{
    auto const* const at = std::ranges::find(regions, value, &region::value);
    return at != std::end(regions) ? at->code : std::string_view();
}

void count_up(stored_study& study)
{
    std::vector<std::string_view> distinct;
    std::size_t instances = 0;
    for (auto const& series : study.series) {
        instances += series.instances.size();
        auto const modality = series.attributes.text(tags::Modality);
        if (!modality.empty() && std::ranges::find(distinct, modality) == distinct.end())
            distinct.push_back(modality);
    }
    study.attributes.add(tags::ModalitiesInStudy, "CS"_vr, distinct);
    study.attributes.add(tags::NumberOfStudyRelatedSeries, std::to_string(study.series.size()));
    study.attributes.add(tags::NumberOfStudyRelatedInstances, std::to_string(instances));
}

stored_study plain_study(std::size_t number, std::string_view study_date, std::string_view study_time)
{
    auto const uid = "2.25.9173." + std::to_string(number);
    stored_study study;
    auto& a = study.attributes;
    a.add(tags::StudyInstanceUID, uid);
    a.add(tags::StudyDate, study_date);
    a.add(tags::StudyTime, study_time);
    a.add(tags::PatientID, "P" + std::to_string(number % 100));
    a.add(tags::PatientName, "Doe^Number" + std::to_string(number % 100));
    a.add(tags::AccessionNumber, "ACC" + std::to_string(number));
    auto& series = study.series.emplace_back();
    series.attributes.add(tags::SeriesInstanceUID, uid + ".1");
    series.attributes.add(tags::Modality, "CT");
    series.attributes.add(tags::SeriesNumber, "1");
    auto& image = series.instances.emplace_back();
    image.add(tags::SOPInstanceUID, uid + ".1.1");
    image.add(tags::SOPClassUID, "1.2.840.10008.5.1.4.1.1.2");
    image.add(tags::InstanceNumber, "1");
    count_up(study);
    return study;
}

random_archive make_archive(dice& d, recipe const& how)
{
    random_archive out;
    out.facts = make_facts(d, how);
    std::vector<std::size_t> numbers(how.studies);
    for (std::size_t i = 0; i < numbers.size(); ++i)
        numbers[i] = i + 1;
    d.shuffle(numbers);
    for (auto const number : numbers) {
        auto const root = "2.25.9173." + std::to_string(number);
        auto& study = out.studies.emplace_back();
        study.attributes.add(tags::StudyInstanceUID, how.unusable_uids && d.one_in(5) ? root + ".bad" : root);
        add_patient(d, study.attributes);
        add_study(d, study.attributes, how);
        for (std::size_t s = 0, count = d.one_in(30) ? 0 : 1 + d.below(4); s < count; ++s) {
            auto const uid = root + "." + std::to_string(s + 1);
            study.series.push_back(make_series(d, d.one_in(60) ? uid + ".bad" : uid));
        }
        count_up(study);
    }
    return out;
}

}  // namespace pons::test
