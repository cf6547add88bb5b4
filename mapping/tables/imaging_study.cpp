#include "mapping/tables/imaging_study.hpp"

#include "mapping/codecs/code.hpp"
#include "mapping/codecs/date_time.hpp"
#include "mapping/codecs/identifier.hpp"
#include "mapping/codecs/integer.hpp"
#include "mapping/codecs/person_name.hpp"
#include "mapping/fhir/ready_made.hpp"
#include "mapping/tables/body_part.hpp"
#include "mapping/tables/modality.hpp"
#include "mapping/tables/patient_sex.hpp"
#include "mapping/tables/sop_class.hpp"

#include <algorithm>
#include <set>
#include <vector>

namespace pons::mapping::tables {

namespace {

using fhir::value_sink;
using context = element_context;

/// The codings that are the same in every resource.
struct constants {
    fhir::ready_coding accession_type{{{"http://terminology.hl7.org/CodeSystem/v2-0203", {}}, "ACSN", "Accession ID"}};
    fhir::ready_coding record_number_type{
        {{"http://terminology.hl7.org/CodeSystem/v2-0203", {}}, "MR", "Medical record number"}};
    fhir::ready_coding unknown{{{"http://terminology.hl7.org/CodeSystem/v3-NullFlavor", {}}, "UNK", "unknown"}};
    fhir::ready_coding performer_function{
        {{"http://terminology.hl7.org/CodeSystem/v3-ParticipationType", {}}, "PRF", "performer"}};
    std::vector<fhir::ready_coding> modalities;  // row by row

    constants()
    {
        for (auto const& row : tables::modalities())
            modalities.push_back(fhir::ready_coding({{codecs::system_dcm, {}}, row.code, row.display}));
    }
};

constants const& constant()
{
    static constants const all;
    return all;
}

/// A FHIR string has something to see in it.
bool visible(std::string_view text)
{
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) > ' '; });
}

/// FHIR code: no white space at the ends, single spaces inside.
bool is_code(std::string_view text)
{
    char before = ' ';
    for (char const c : text) {
        if (c == '\t' || c == '\n' || c == '\r' || (c == ' ' && before == ' '))
            return false;
        before = c;
    }
    return visible(text);
}

void take_string(std::string_view text, value_sink& sink)
{
    if (visible(text))
        sink.take(fhir::string{text});
}

void take_unsigned(std::string_view is, value_sink& sink)
{
    if (auto const number = codecs::to_unsigned(is))
        sink.take(fhir::unsigned_int{*number});
}

fhir::coding modality_coding(std::string_view code, modality const* known)
{
    if (!known)
        return {{codecs::system_dcm, {}}, code, {}};
    return constant().modalities[static_cast<std::size_t>(known - tables::modalities().data())].get();
}

// --- identifiers ------------------------------------------------------------------------------------------------

fhir::identifier accession(study_record const& study)
{
    auto const& attributes = study.attributes;
    auto const value = attributes.text(tags::AccessionNumber);
    if (!visible(value))
        return {};
    fhir::identifier accession{
        .use = "usual", .type = constant().accession_type.get(), .system = {}, .value = {value, {}}, .assigner = {}};
    if (auto const issuers = attributes.items(tags::IssuerOfAccessionNumberSequence); !issuers.empty()) {
        auto const issuer = codecs::to_issuer(issuers.front());
        accession.system = issuer.system;
        accession.assigner = issuer.assigner_display;
        if (!issuer.empty())
            return accession;
    }
    accession.system = {study.source->accession_system, {}};
    return accession;
}

fhir::identifier patient_identifier(study_record const& study)
{
    auto const& attributes = study.attributes;
    auto const value = attributes.text(tags::PatientID);
    if (!visible(value))
        return {};
    fhir::identifier id{
        .use = {}, .type = constant().record_number_type.get(), .system = {}, .value = {value, {}}, .assigner = {}};
    auto const local = attributes.text(tags::IssuerOfPatientID);
    auto const qualifiers = attributes.items(tags::IssuerOfPatientIDQualifiersSequence);
    if (!qualifiers.empty())
        id.system = codecs::to_issuer(qualifiers.front().text(tags::UniversalEntityID),
                                      qualifiers.front().text(tags::UniversalEntityIDType), {})
                        .system;
    id.assigner = local;
    if (id.system.empty() && (local.empty() || local == study.source->patient_namespace))
        id.system = {study.source->patient_system, {}};
    return id;
}

void read_identifier(context const& c, value_sink& sink)
{
    sink.take(fhir::identifier{.use = "official",
                               .type = {},
                               .system = {codecs::urn_dicom_uid, {}},
                               .value = codecs::urn_of_uid(c.study.uid()),
                               .assigner = {}});
    if (auto const number = accession(c.study); !number.empty())
        sink.take(number);
    if (auto const id = c.study.attributes.text(tags::StudyID); visible(id))
        sink.take(fhir::identifier{.use = "secondary", .type = {}, .system = {}, .value = {id, {}}, .assigner = {}});
}

/// A study without instances cannot match a query, so an archive that does not count them has some.
bool counts_none(study_record const& study)
{
    auto const availability = study.attributes.text(tags::InstanceAvailability);
    bool const somewhere = availability == "ONLINE" || availability == "NEARLINE" || availability == "OFFLINE";
    return !somewhere && codecs::to_unsigned(study.attributes.text(tags::NumberOfStudyRelatedInstances)) == 0U;
}

// --- study level ------------------------------------------------------------------------------------------------

void read_status(context const& c, value_sink& sink)
{
    sink.take(fhir::code{counts_none(c.study) ? "registered" : "available"});
}

void read_modality(context const& c, value_sink& sink)
{
    modalities(c.study, sink, true);
}

void read_subject(context const& c, value_sink& sink)
{
    auto const name = c.study.attributes.text(tags::PatientName);
    fhir::reference subject{.literal = {},
                            .type = "Patient",
                            .logical = patient_identifier(c.study),
                            .display = codecs::display(name, c.buffer),
                            .person_name = name};
    if (!c.study.asked_as.empty())
        subject.literal = {c.study.asked_as, {}};
    else if (auto const id = bare_patient_id(c.study); codecs::is_fhir_id(id) && c.study.source->ids_are_references)
        subject.literal = {"Patient/", id};
    if (!visible(subject.display))
        subject.display = subject.logical.empty() ? std::string_view("unknown") : std::string_view();
    sink.take(subject);
}

void read_encounter(context const& c, value_sink& sink)
{
    auto const id = c.study.attributes.text(tags::AdmissionID);
    if (!visible(id))
        return;
    fhir::identifier admission{.use = {}, .type = {}, .system = {}, .value = {id, {}}, .assigner = {}};
    if (auto const issuers = c.study.attributes.items(tags::IssuerOfAdmissionIDSequence); !issuers.empty()) {
        auto const issuer = codecs::to_issuer(issuers.front());
        admission.system = issuer.system;
        admission.assigner = issuer.assigner_display;
    }
    sink.take(
        fhir::reference{.literal = {}, .type = "Encounter", .logical = admission, .display = {}, .person_name = {}});
}

void read_started(context const& c, value_sink& sink)
{
    auto const& a = c.study.attributes;
    if (auto const at = codecs::to_fhir(a.text(tags::StudyDate), a.text(tags::StudyTime),
                                        a.text(tags::TimezoneOffsetFromUTC), c.study.source->zone))
        sink.take(*at);
}

void read_based_on(context const& c, value_sink& sink)
{
    auto number = accession(c.study);
    if (number.empty())
        return;
    number.use = {};
    sink.take(
        fhir::reference{.literal = {}, .type = "ServiceRequest", .logical = number, .display = {}, .person_name = {}});
}

/// Names and identification sequence of the same people: the nth item identifies the nth name (PS3.3 §C.7.2.1).
template <class Take>
void each_person(data_set const& attributes, tag names, tag identification, std::string& buffer, Take&& take)
{
    auto const items = attributes.items(identification);
    auto const count = std::max(attributes.count(names), items.size());
    for (std::size_t i = 0; i < count; ++i) {
        auto const name = attributes.text(names, i);
        fhir::reference person{.literal = {},
                               .type = "Practitioner",
                               .logical = {},
                               .display = codecs::display(name, buffer),
                               .person_name = name};
        if (!visible(person.display))
            person.display = {};
        if (i < items.size())
            if (auto const codes = items[i].items(tags::PersonIdentificationCodeSequence); !codes.empty()) {
                auto const code = codecs::to_coding(codes.front());
                person.logical.system = code.system;
                person.logical.value = {code.code, {}};
                if (person.display.empty())
                    person.display = code.display;
            }
        if (!person.display.empty() || !person.logical.empty())
            take(person);
    }
}

void read_referrer(context const& c, value_sink& sink)
{
    bool first = true;  // 0..1 in FHIR
    each_person(c.study.attributes, tags::ReferringPhysicianName, tags::ReferringPhysicianIdentificationSequence,
                c.buffer, [&](fhir::reference const& person) {
                    if (first)
                        sink.take(person);
                    first = false;
                });
}

void read_interpreter(context const& c, value_sink& sink)
{
    each_person(c.study.attributes, tags::NameOfPhysiciansReadingStudy,
                tags::PhysiciansReadingStudyIdentificationSequence, c.buffer,
                [&](fhir::reference const& person) { sink.take(person); });
}

void read_endpoint(context const& c, value_sink& sink)
{
    auto const take = [&](source_facts const& holder) {
        for (auto const& endpoint : holder.endpoints)
            sink.take(fhir::reference{.literal = {"Endpoint/", endpoint.id},
                                      .type = "Endpoint",
                                      .logical = {},
                                      .display = {},
                                      .person_name = {}});
    };
    take(*c.study.source);
    for (auto const* const holder : c.study.other_holders)
        take(*holder);
}

void read_number_of_series(context const& c, value_sink& sink)
{
    auto const counted = codecs::to_unsigned(c.study.attributes.text(tags::NumberOfStudyRelatedSeries));
    if (counted)
        sink.take(fhir::unsigned_int{*counted});
    else if (c.study.series_known && !c.study.partial)
        sink.take(fhir::unsigned_int{static_cast<std::uint32_t>(c.study.series.size())});
}

std::optional<std::uint32_t> instances_of(study_record const& study, series_record const& series)
{
    if (auto const counted = codecs::to_unsigned(series.attributes.text(tags::NumberOfSeriesRelatedInstances)))
        return counted;
    // The instances of a series that cannot be named are not asked for.
    if (series.instances_known && !study.partial && presentable(series))
        return static_cast<std::uint32_t>(series.instances.size());
    return {};
}

void read_number_of_instances(context const& c, value_sink& sink)
{
    if (auto const counted = codecs::to_unsigned(c.study.attributes.text(tags::NumberOfStudyRelatedInstances))) {
        sink.take(fhir::unsigned_int{*counted});
        return;
    }
    if (!c.study.series_known || c.study.partial)
        return;
    std::uint64_t sum = 0;
    for (auto const& series : c.study.series) {
        auto const part = instances_of(c.study, series);
        if (!part)
            return;
        sum += *part;
    }
    if (sum <= 0x7FFFFFFF)
        sink.take(fhir::unsigned_int{static_cast<std::uint32_t>(sum)});
}

void take_codes(std::span<data_set const> items, value_sink& sink)
{
    for (auto const& item : items) {
        auto coding = codecs::to_coding(item);
        if (!coding.code.empty() && !is_code(coding.code))
            coding.code = {};
        if (!visible(coding.display))
            coding.display = {};
        if (!coding.empty())
            sink.take(fhir::codeable_concept{.codings = {&coding, 1}, .text = coding.display});
    }
}

void read_procedure_code(context const& c, value_sink& sink)
{
    take_codes(c.study.attributes.items(tags::ProcedureCodeSequence), sink);
}

void read_location(context const& c, value_sink& sink)
{
    auto const department = c.study.attributes.text(tags::InstitutionalDepartmentName);
    auto const place = visible(department) ? department : c.study.attributes.text(tags::PerformedLocation);
    if (visible(place))
        sink.take(
            fhir::reference{.literal = {}, .type = "Location", .logical = {}, .display = place, .person_name = {}});
}

void read_reason_code(context const& c, value_sink& sink)
{
    take_codes(c.study.attributes.items(tags::ReasonForRequestedProcedureCodeSequence), sink);
    if (auto const text = c.study.attributes.text(tags::ReasonForTheRequestedProcedure); visible(text))
        sink.take(fhir::codeable_concept{.codings = {}, .text = text});
}

void read_description(context const& c, value_sink& sink)
{
    take_string(c.study.attributes.text(tags::StudyDescription), sink);
}

// --- series level -----------------------------------------------------------------------------------------------

void read_series_uid(context const& c, value_sink& sink)
{
    sink.take(fhir::id{c.series->attributes.text(tags::SeriesInstanceUID)});
}

void read_series_number(context const& c, value_sink& sink)
{
    take_unsigned(c.series->attributes.text(tags::SeriesNumber), sink);
}

void read_series_modality(context const& c, value_sink& sink)
{
    auto const code = c.series->attributes.text(tags::Modality);
    sink.take(is_code(code) ? modality_coding(code, find_modality(code)) : constant().unknown.get());
}

void read_series_description(context const& c, value_sink& sink)
{
    take_string(c.series->attributes.text(tags::SeriesDescription), sink);
}

void read_series_number_of_instances(context const& c, value_sink& sink)
{
    if (auto const count = instances_of(c.study, *c.series))
        sink.take(fhir::unsigned_int{*count});
}

void read_body_site(context const& c, value_sink& sink)
{
    auto const& attributes = c.series->attributes;
    if (auto const regions = attributes.items(tags::AnatomicRegionSequence); !regions.empty())
        if (auto const region = codecs::to_coding(regions.front()); !region.code.empty() && is_code(region.code)) {
            sink.take(region);
            return;
        }
    auto const part = attributes.text(tags::BodyPartExamined);
    if (!visible(part))
        return;
    // What the table does not know is shown as it is, without a code (fhir.md 1.9).
    if (auto const* const known = find_body_part(part))
        sink.take(fhir::coding{{codecs::system_sct, {}}, known->code, part});
    else
        sink.take(fhir::coding{{}, {}, part});
}

void read_laterality(context const& c, value_sink& sink)
{
    if (auto const* const side = find_laterality(c.series->attributes.text(tags::Laterality)))
        sink.take(fhir::coding{{codecs::system_sct, {}}, side->code, side->display});
}

void read_specimen(context const& c, value_sink& sink)
{
    for (auto const& item : c.series->attributes.items(tags::SpecimenDescriptionSequence)) {
        auto const id = item.text(tags::SpecimenIdentifier);
        if (!visible(id))
            continue;
        fhir::identifier specimen{.use = {}, .type = {}, .system = {}, .value = {id, {}}, .assigner = {}};
        if (auto const issuers = item.items(tags::IssuerOfTheSpecimenIdentifierSequence); !issuers.empty()) {
            auto const issuer = codecs::to_issuer(issuers.front());
            specimen.system = issuer.system;
            specimen.assigner = issuer.assigner_display;
        }
        sink.take(
            fhir::reference{.literal = {}, .type = "Specimen", .logical = specimen, .display = {}, .person_name = {}});
    }
}

void read_series_started(context const& c, value_sink& sink)
{
    auto const& a = c.series->attributes;
    auto offset = a.text(tags::TimezoneOffsetFromUTC);
    if (offset.empty())
        offset = c.study.attributes.text(tags::TimezoneOffsetFromUTC);
    if (auto const at =
            codecs::to_fhir(a.text(tags::SeriesDate), a.text(tags::SeriesTime), offset, c.study.source->zone))
        sink.take(*at);
}

void read_performer(context const& c, value_sink& sink)
{
    auto const& attributes = c.series->attributes;
    each_person(attributes, tags::PerformingPhysicianName, tags::PerformingPhysicianIdentificationSequence, c.buffer,
                [&](fhir::reference const& person) {
                    sink.take(fhir::performer{constant().performer_function.get(), person});
                });
    each_person(attributes, tags::OperatorsName, tags::OperatorIdentificationSequence, c.buffer,
                [&](fhir::reference const& person) {
                    sink.take(fhir::performer{{}, person});
                });
}

// --- instance level ---------------------------------------------------------------------------------------------

void read_instance_uid(context const& c, value_sink& sink)
{
    sink.take(fhir::id{c.instance->text(tags::SOPInstanceUID)});
}

void read_sop_class(context const& c, value_sink& sink)
{
    auto const uid = c.instance->text(tags::SOPClassUID);
    if (!codecs::is_uid(uid)) {
        sink.take(constant().unknown.get());
        return;
    }
    c.buffer.assign(codecs::urn_oid).append(uid);
    sink.take(fhir::coding{{codecs::system_uri_rfc3986, {}}, c.buffer, sop_class_name(uid)});
}

void read_instance_number(context const& c, value_sink& sink)
{
    take_unsigned(c.instance->text(tags::InstanceNumber), sink);
}

void read_instance_title(context const& c, value_sink& sink)
{
    auto const& a = *c.instance;
    if (auto const values = a.count(tags::ImageType); values != 0 && visible(a.text(tags::ImageType))) {
        c.buffer.clear();
        for (std::size_t i = 0; i < values; ++i)
            c.buffer.append(i == 0 ? "" : "\\").append(a.text(tags::ImageType, i));
        sink.take(fhir::string{c.buffer});
        return;
    }
    auto const concepts = a.items(tags::ConceptNameCodeSequence);
    for (auto const text :
         {a.text(tags::ContentLabel), concepts.empty() ? std::string_view() : concepts.front().text(tags::CodeMeaning),
          a.text(tags::DocumentTitle)})
        if (visible(text)) {
            sink.take(fhir::string{text});
            return;
        }
}

// --- patient ----------------------------------------------------------------------------------------------------

void read_patient_identifier(context const& c, value_sink& sink)
{
    if (auto const id = patient_identifier(c.study); !id.empty())
        sink.take(id);
}

void read_patient_name(context const& c, value_sink& sink)
{
    if (auto const name = c.study.attributes.text(tags::PatientName); visible(name))
        sink.take(fhir::human_name{name});
}

void read_patient_birth_date(context const& c, value_sink& sink)
{
    if (auto const date = codecs::birth_date_to_fhir(c.study.attributes.text(tags::PatientBirthDate)))
        sink.take(*date);
}

void read_patient_gender(context const& c, value_sink& sink)
{
    if (auto const gender = to_gender(c.study.attributes.text(tags::PatientSex)); !gender.empty())
        sink.take(fhir::code{gender});
}

using namespace mapping::tags;
using enum level;

// clang-format off
constexpr element_row rows[] = {
    {.element = "identifier", .type = "Identifier", .cardinality = "0..*", .at = study,
     .from = {StudyInstanceUID, AccessionNumber, IssuerOfAccessionNumberSequence, StudyID}, .read = &read_identifier,
     .loss = {}, .spec = "FHIR R4 ImagingStudy notes; PS3.3 C.7.2.1"},
    {.element = "status", .type = "code", .cardinality = "1..1", .at = study,
     .from = {NumberOfStudyRelatedInstances, InstanceAvailability}, .read = &read_status, .when = presence::kept,
     .loss = "where the instances are (online, near-line, off-line)", .spec = "FHIR R4 imagingstudy-status; PS3.3 C.4.23.1.1"},
    {.element = "modality", .type = "Coding", .cardinality = "0..*", .at = study, .from = {ModalitiesInStudy}, .read = &read_modality,
     .loss = "modalities that do not acquire (CID 32); they stay in series.modality", .spec = "FHIR R4 ImagingStudy.modality; PS3.16 CID 29"},
    {.element = "subject", .type = "Reference(Patient)", .cardinality = "1..1", .at = study,
     .from = {PatientID, IssuerOfPatientID, IssuerOfPatientIDQualifiersSequence, PatientName}, .read = &read_subject,
     .when = presence::kept, .loss = {}, .spec = "FHIR R4 ImagingStudy.subject; PS3.3 C.7.1.1"},
    {.element = "encounter", .type = "Reference(Encounter)", .cardinality = "0..1", .at = study,
     .from = {AdmissionID, IssuerOfAdmissionIDSequence}, .read = &read_encounter, .loss = {}, .spec = "FHIR R4 ImagingStudy.encounter; PS3.3 C.7.2.2"},
    {.element = "started", .type = "dateTime", .cardinality = "0..1", .at = study,
     .from = {StudyDate, StudyTime, TimezoneOffsetFromUTC}, .read = &read_started,
     .loss = "a time whose zone is not known", .spec = "FHIR R4 ImagingStudy.started; PS3.3 C.7.2.1, C.12.1"},
    {.element = "basedOn", .type = "Reference(ServiceRequest)", .cardinality = "0..*", .at = study,
     .from = {AccessionNumber, IssuerOfAccessionNumberSequence}, .read = &read_based_on, .loss = {}, .spec = "FHIR R4 ImagingStudy notes, accession number"},
    {.element = "referrer", .type = "Reference(Practitioner)", .cardinality = "0..1", .at = study,
     .from = {ReferringPhysicianName, ReferringPhysicianIdentificationSequence}, .read = &read_referrer,
     .loss = "ideographic and phonetic groups", .spec = "FHIR R4 ImagingStudy.referrer; PS3.3 C.7.2.1"},
    {.element = "interpreter", .type = "Reference(Practitioner)", .cardinality = "0..*", .at = study,
     .from = {NameOfPhysiciansReadingStudy, PhysiciansReadingStudyIdentificationSequence}, .read = &read_interpreter,
     .loss = "ideographic and phonetic groups", .spec = "FHIR R4 ImagingStudy.interpreter; PS3.3 C.7.2.1"},
    {.element = "endpoint", .type = "Reference(Endpoint)", .cardinality = "0..*", .at = study, .from = {}, .read = &read_endpoint,
     .loss = {}, .spec = "FHIR R4 ImagingStudy.endpoint; from the configuration of the sources that hold the study"},
    {.element = "numberOfSeries", .type = "unsignedInt", .cardinality = "0..1", .at = study, .from = {NumberOfStudyRelatedSeries},
     .read = &read_number_of_series, .loss = {}, .spec = "FHIR R4 ImagingStudy.numberOfSeries; PS3.4 C.3.4"},
    {.element = "numberOfInstances", .type = "unsignedInt", .cardinality = "0..1", .at = study, .from = {NumberOfStudyRelatedInstances},
     .read = &read_number_of_instances, .loss = {}, .spec = "FHIR R4 ImagingStudy.numberOfInstances; PS3.4 C.3.4"},
    {.element = "procedureCode", .type = "CodeableConcept", .cardinality = "0..*", .at = study, .from = {ProcedureCodeSequence},
     .read = &read_procedure_code, .loss = {}, .spec = "FHIR R4 ImagingStudy.procedureCode; PS3.3 C.7.2.1"},
    {.element = "location", .type = "Reference(Location)", .cardinality = "0..1", .at = study,
     .from = {InstitutionalDepartmentName, PerformedLocation}, .read = &read_location, .loss = {}, .spec = "FHIR R4 ImagingStudy.location; PS3.3 C.7.5.1"},
    {.element = "reasonCode", .type = "CodeableConcept", .cardinality = "0..*", .at = study,
     .from = {ReasonForTheRequestedProcedure, ReasonForRequestedProcedureCodeSequence}, .read = &read_reason_code,
     .loss = {}, .spec = "FHIR R4 ImagingStudy.reasonCode; PS3.3 C.4.11"},
    {.element = "description", .type = "string", .cardinality = "0..1", .at = study, .from = {StudyDescription}, .read = &read_description,
     .loss = {}, .spec = "FHIR R4 ImagingStudy.description; PS3.3 C.7.2.1"},

    {.element = "series.uid", .type = "id", .cardinality = "1..1", .at = series, .from = {SeriesInstanceUID}, .read = &read_series_uid,
     .when = presence::kept, .loss = {}, .spec = "FHIR R4 ImagingStudy.series.uid; PS3.3 C.7.3.1"},
    {.element = "series.number", .type = "unsignedInt", .cardinality = "0..1", .at = series, .from = {SeriesNumber}, .read = &read_series_number,
     .loss = "negative numbers", .spec = "FHIR R4 ImagingStudy.series.number; PS3.3 C.7.3.1"},
    {.element = "series.modality", .type = "Coding", .cardinality = "1..1", .at = series, .from = {Modality}, .read = &read_series_modality,
     .when = presence::kept, .loss = {}, .spec = "FHIR R4 ImagingStudy.series.modality; PS3.3 C.7.3.1"},
    {.element = "series.description", .type = "string", .cardinality = "0..1", .at = series, .from = {SeriesDescription}, .read = &read_series_description,
     .loss = {}, .spec = "FHIR R4 ImagingStudy.series.description; PS3.3 C.7.3.1"},
    {.element = "series.numberOfInstances", .type = "unsignedInt", .cardinality = "0..1", .at = series, .from = {NumberOfSeriesRelatedInstances},
     .read = &read_series_number_of_instances, .loss = {}, .spec = "FHIR R4 ImagingStudy.series.numberOfInstances; PS3.4 C.3.4"},
    {.element = "series.bodySite", .type = "Coding", .cardinality = "0..1", .at = series, .from = {AnatomicRegionSequence, BodyPartExamined},
     .read = &read_body_site, .loss = {}, .spec = "FHIR R4 ImagingStudy.series.bodySite; PS3.16 Annex L"},
    {.element = "series.laterality", .type = "Coding", .cardinality = "0..1", .at = series, .from = {Laterality}, .read = &read_laterality,
     .loss = "U (unpaired)", .spec = "FHIR R4 ImagingStudy.series.laterality; PS3.3 C.7.3.1"},
    {.element = "series.specimen", .type = "Reference(Specimen)", .cardinality = "0..*", .at = series, .from = {SpecimenDescriptionSequence},
     .read = &read_specimen, .loss = {}, .spec = "FHIR R4 ImagingStudy.series.specimen; PS3.3 C.7.6.22"},
    {.element = "series.started", .type = "dateTime", .cardinality = "0..1", .at = series, .from = {SeriesDate, SeriesTime, TimezoneOffsetFromUTC},
     .read = &read_series_started, .loss = "a time whose zone is not known", .spec = "FHIR R4 ImagingStudy.series.started; PS3.3 C.7.3.1"},
    {.element = "series.performer", .type = "BackboneElement", .cardinality = "0..*", .at = series,
     .from = {PerformingPhysicianName, PerformingPhysicianIdentificationSequence, OperatorsName, OperatorIdentificationSequence},
     .read = &read_performer, .loss = "ideographic and phonetic groups", .spec = "FHIR R4 ImagingStudy.series.performer; PS3.3 C.7.3.1"},

    {.element = "series.instance.uid", .type = "id", .cardinality = "1..1", .at = instance, .from = {SOPInstanceUID}, .read = &read_instance_uid,
     .when = presence::kept, .in_summary = false, .loss = {}, .spec = "FHIR R4 ImagingStudy.series.instance.uid; PS3.3 C.12.1"},
    {.element = "series.instance.sopClass", .type = "Coding", .cardinality = "1..1", .at = instance, .from = {SOPClassUID}, .read = &read_sop_class,
     .when = presence::kept, .in_summary = false, .loss = {}, .spec = "FHIR R4 ImagingStudy.series.instance.sopClass; PS3.4 B.5"},
    {.element = "series.instance.number", .type = "unsignedInt", .cardinality = "0..1", .at = instance, .from = {InstanceNumber}, .read = &read_instance_number,
     .in_summary = false, .loss = "negative numbers", .spec = "FHIR R4 ImagingStudy.series.instance.number; PS3.3 C.7.6.1"},
    {.element = "series.instance.title", .type = "string", .cardinality = "0..1", .at = instance,
     .from = {ImageType, ContentLabel, ConceptNameCodeSequence, DocumentTitle}, .read = &read_instance_title,
     .in_summary = false, .loss = {}, .spec = "FHIR R4 ImagingStudy.series.instance.title"},
};

constexpr element_row patient_rows[] = {
    {.element = "identifier", .type = "Identifier", .cardinality = "0..*", .at = study,
     .from = {PatientID, IssuerOfPatientID, IssuerOfPatientIDQualifiersSequence}, .read = &read_patient_identifier, .loss = {}, .spec = "PS3.3 C.7.1.1"},
    {.element = "name", .type = "HumanName", .cardinality = "0..*", .at = study, .from = {PatientName}, .read = &read_patient_name, .loss = {}, .spec = "PS3.3 C.7.1.1"},
    {.element = "birthDate", .type = "date", .cardinality = "0..1", .at = study, .from = {PatientBirthDate}, .read = &read_patient_birth_date, .loss = {}, .spec = "PS3.3 C.7.1.1"},
    {.element = "gender", .type = "code", .cardinality = "0..1", .at = study, .from = {PatientSex}, .read = &read_patient_gender, .loss = {}, .spec = "PS3.3 C.7.1.1"},
};
// clang-format on

element_row const* find_row(std::span<element_row const> table, std::string_view element)
{
    auto const it = std::ranges::find(table, element, &element_row::element);
    return it != table.end() ? &*it : nullptr;
}

std::vector<tag> make_return_keys(level at)
{
    std::set<tag> keys{SpecificCharacterSet, TimezoneOffsetFromUTC};
    for (auto const& table : {std::span<element_row const>(rows), std::span<element_row const>(patient_rows)})
        for (auto const& row : table)
            if (row.at == at)
                for (auto const t : row.from)
                    if (t != tag{})
                        keys.insert(t);
    return {keys.begin(), keys.end()};
}

}  // namespace

std::span<element_row const> imaging_study()
{
    return rows;
}

std::span<element_row const> imaging_study(level at)
{
    static constexpr auto first = [](level l) {
        return std::ranges::find(rows, l, &element_row::at) - std::begin(rows);
    };
    static constexpr std::ptrdiff_t bounds[] = {first(study), first(series), first(instance), std::size(rows)};
    auto const i = static_cast<std::size_t>(at);
    return std::span(rows).subspan(static_cast<std::size_t>(bounds[i]),
                                   static_cast<std::size_t>(bounds[i + 1] - bounds[i]));
}

std::span<element_row const> patient()
{
    return patient_rows;
}

void visit(study_record const& record, std::string_view element, std::string& buffer, fhir::value_sink& sink)
{
    if (element == "id") {
        sink.take(fhir::id{record.uid()});
        return;
    }
    auto const* const row = find_row(rows, element);
    if (!row)
        return;
    if (row->at == study) {
        row->read({record, nullptr, nullptr, buffer}, sink);
        return;
    }
    for (auto const& one : record.series) {
        if (!presentable(one))
            continue;
        if (row->at == series) {
            row->read({record, &one, nullptr, buffer}, sink);
            continue;
        }
        for (auto const& image : one.instances)
            if (presentable_instance(image))
                row->read({record, &one, &image, buffer}, sink);
    }
}

void visit_patient(study_record const& record, std::string_view element, std::string& buffer, fhir::value_sink& sink)
{
    if (auto const* const row = find_row(patient_rows, element))
        row->read({record, nullptr, nullptr, buffer}, sink);
}

std::span<tag const> return_keys(level at)
{
    static std::vector<tag> const keys[] = {make_return_keys(study), make_return_keys(series),
                                            make_return_keys(instance)};
    return keys[static_cast<std::size_t>(at)];
}

std::string_view bare_patient_id(study_record const& record)
{
    auto const id = record.attributes.text(PatientID);
    auto const issuer = record.attributes.text(IssuerOfPatientID);
    auto const& own = record.source->patient_namespace;
    return visible(id) && (issuer.empty() || own.empty() || issuer == own) ? id : std::string_view();
}

bool is_patient(study_record const& record, std::string_view system, std::string_view value)
{
    if (system.empty() || record.source->patient_system != system || bare_patient_id(record) != value)
        return false;
    auto const given = patient_identifier(record).system;  // empty: a local name that no setting explains
    return given.empty() || given == system;
}

bool presentable(series_record const& one)
{
    return codecs::is_uid(one.attributes.text(SeriesInstanceUID));
}

bool presentable_instance(data_set const& image)
{
    return codecs::is_uid(image.text(SOPInstanceUID));
}

bool status_known(study_record const& record)
{
    return (record.series_known && !record.partial) || !counts_none(record);
}

bool modalities_known(study_record const& record)
{
    return (record.series_known && !record.partial) || !record.attributes.text(ModalitiesInStudy).empty();
}

void modalities(study_record const& record, fhir::value_sink& sink, bool acquisition_only)
{
    auto const take = [&](std::string_view code) {
        if (!is_code(code))
            return;
        auto const* const known = find_modality(code);  // null: perhaps newer than our lists, see is_acquisition
        if (!acquisition_only || !known || known->acquisition)
            sink.take(modality_coding(code, known));
    };
    auto const& a = record.attributes;
    if (!a.text(ModalitiesInStudy).empty()) {
        auto const count = a.count(ModalitiesInStudy);
        for (std::size_t i = 0; i < count; ++i) {
            auto const code = a.text(ModalitiesInStudy, i);
            bool repeated = false;
            for (std::size_t j = 0; j < i && !repeated; ++j)
                repeated = a.text(ModalitiesInStudy, j) == code;
            if (!repeated)
                take(code);
        }
        return;
    }
    auto const modality_of = [](series_record const& s) { return s.attributes.text(Modality); };
    for (auto at = record.series.begin(); at != record.series.end(); ++at)
        if (std::find_if(record.series.begin(), at,
                         [&](auto const& s) { return modality_of(s) == modality_of(*at); }) == at)
            take(modality_of(*at));
}

}  // namespace pons::mapping::tables
