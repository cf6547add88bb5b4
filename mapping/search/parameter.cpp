#include "mapping/search/parameter.hpp"

#include <algorithm>

namespace pons::mapping::search {

namespace {

using enum modifier;
using as = parameter_type;

constexpr modifier_set token_modifiers{missing, not_};
constexpr modifier_set reference_modifiers{missing, identifier, modifier::type};
constexpr modifier_set string_modifiers{missing, exact, contains};

constexpr std::string_view patient_types[] = {"Patient"};
constexpr std::string_view subject_types[] = {"Patient", "Device", "Group"};
constexpr std::string_view endpoint_types[] = {"Endpoint"};
constexpr std::string_view practitioner_types[] = {"Practitioner", "PractitionerRole"};
constexpr std::string_view performer_types[] = {"Practitioner", "PractitionerRole", "Organization", "CareTeam",
                                                "Patient",      "Device",           "RelatedPerson"};
constexpr std::string_view based_on_types[] = {"ServiceRequest", "CarePlan", "Appointment", "AppointmentResponse",
                                               "Task"};

constexpr chain_row patient_chains[] = {
    {"identifier", as::token, push::patient_id, token_modifiers},
    {"name", as::string, push::patient_name, string_modifiers},
    {"family", as::string, push::patient_name, string_modifiers},
    {"given", as::string, push::patient_name, string_modifiers},
    {"birthdate", as::date, push::nothing, {missing}},
    {"gender", as::token, push::nothing, token_modifiers},
};

constexpr chain_row practitioner_chains[] = {
    {"identifier", as::token, push::nothing, token_modifiers},
    {"name", as::string, push::nothing, string_modifiers},
    {"family", as::string, push::nothing, string_modifiers},
    {"given", as::string, push::nothing, string_modifiers},
};

constexpr chain_row service_request_chains[] = {
    {"identifier", as::token, push::accession, token_modifiers},
};

// clang-format off
constexpr parameter_row rows[] = {
    {.name = "_id", .type = as::token, .elements = {"id"}, .at = level::study, .push = push::study_uid, .modifiers = {not_},
     .targets = {}, .chains = {}, .definition = "http://hl7.org/fhir/SearchParameter/Resource-id",
     .qido = "StudyInstanceUID=, a list", .c_find = "Study Instance UID, a list"},
    {.name = "identifier", .type = as::token, .elements = {"identifier"}, .at = level::study, .push = push::identifier,
     .modifiers = {missing, not_, of_type}, .targets = {}, .chains = {}, .definition = "http://hl7.org/fhir/SearchParameter/clinical-identifier",
     .qido = "StudyInstanceUID=, AccessionNumber= or StudyID= by system; all three without one",
     .c_find = "Study Instance UID, Accession Number or Study ID by system; all three without one"},
    {.name = "patient", .type = as::reference, .elements = {"subject"}, .at = level::study, .push = push::patient_id,
     .modifiers = reference_modifiers, .targets = patient_types, .chains = patient_chains,
     .definition = "http://hl7.org/fhir/SearchParameter/clinical-patient", .qido = "PatientID=", .c_find = "Patient ID"},
    {.name = "subject", .type = as::reference, .elements = {"subject"}, .at = level::study, .push = push::patient_id,
     .modifiers = reference_modifiers, .targets = subject_types, .chains = patient_chains,
     .definition = "http://hl7.org/fhir/SearchParameter/ImagingStudy-subject", .qido = "PatientID=", .c_find = "Patient ID"},
    {.name = "started", .type = as::date, .elements = {"started"}, .at = level::study, .push = push::study_date,
     .modifiers = {missing}, .targets = {}, .chains = {}, .definition = "http://hl7.org/fhir/SearchParameter/ImagingStudy-started",
     .qido = "StudyDate= range", .c_find = "Study Date range, never the time"},
    {.name = "modality", .type = as::token, .elements = {"series.modality"}, .at = level::series, .push = push::modality,
     .modifiers = token_modifiers, .targets = {}, .chains = {}, .definition = "http://hl7.org/fhir/SearchParameter/ImagingStudy-modality",
     .qido = "ModalitiesInStudy= where it works; else the series are asked for", .c_find = "Modalities in Study where it works; else the series are asked for"},
    {.name = "bodysite", .type = as::token, .elements = {"series.bodySite"}, .at = level::series, .push = push::nothing,
     .modifiers = token_modifiers, .targets = {}, .chains = {}, .definition = "http://hl7.org/fhir/SearchParameter/ImagingStudy-bodysite",
     .qido = "judged on the series", .c_find = "judged on the series"},
    {.name = "series", .type = as::token, .elements = {"series.uid"}, .at = level::series, .push = push::series_uid,
     .modifiers = token_modifiers, .targets = {}, .chains = {}, .definition = "http://hl7.org/fhir/SearchParameter/ImagingStudy-series",
     .qido = "/series?SeriesInstanceUID= where it works; else judged", .c_find = "SERIES level by Series Instance UID where it works; else judged"},
    {.name = "instance", .type = as::token, .elements = {"series.instance.uid"}, .at = level::instance, .push = push::instance_uid,
     .modifiers = token_modifiers, .targets = {}, .chains = {}, .definition = "http://hl7.org/fhir/SearchParameter/ImagingStudy-instance",
     .qido = "/instances?SOPInstanceUID= where it works; else judged", .c_find = "IMAGE level by SOP Instance UID where it works; else judged"},
    {.name = "dicom-class", .type = as::token, .elements = {"series.instance.sopClass"}, .at = level::instance, .push = push::nothing,
     .modifiers = token_modifiers, .targets = {}, .chains = {}, .definition = "http://hl7.org/fhir/SearchParameter/ImagingStudy-dicom-class",
     .qido = "judged on the instances", .c_find = "judged on the instances"},
    {.name = "status", .type = as::token, .elements = {"status"}, .at = level::study, .push = push::nothing,
     .modifiers = token_modifiers, .targets = {}, .chains = {}, .definition = "http://hl7.org/fhir/SearchParameter/ImagingStudy-status",
     .qido = "judged", .c_find = "judged"},
    {.name = "endpoint", .type = as::reference, .elements = {"endpoint"}, .at = level::study, .push = push::nothing,
     .modifiers = {missing, modifier::type}, .targets = endpoint_types, .chains = {}, .definition = "http://hl7.org/fhir/SearchParameter/ImagingStudy-endpoint",
     .qido = "chooses the sources that are asked", .c_find = "chooses the sources that are asked"},
    {.name = "referrer", .type = as::reference, .elements = {"referrer"}, .at = level::study, .push = push::nothing,
     .modifiers = reference_modifiers, .targets = practitioner_types, .chains = practitioner_chains,
     .definition = "http://hl7.org/fhir/SearchParameter/ImagingStudy-referrer", .qido = "judged", .c_find = "judged"},
    {.name = "interpreter", .type = as::reference, .elements = {"interpreter"}, .at = level::study, .push = push::nothing,
     .modifiers = reference_modifiers, .targets = practitioner_types, .chains = practitioner_chains,
     .definition = "http://hl7.org/fhir/SearchParameter/ImagingStudy-interpreter", .qido = "judged", .c_find = "judged"},
    {.name = "performer", .type = as::reference, .elements = {"series.performer"}, .at = level::series, .push = push::nothing,
     .modifiers = reference_modifiers, .targets = performer_types, .chains = practitioner_chains,
     .definition = "http://hl7.org/fhir/SearchParameter/ImagingStudy-performer", .qido = "judged on the series", .c_find = "judged on the series"},
    {.name = "basedon", .type = as::reference, .elements = {"basedOn"}, .at = level::study, .push = push::accession,
     .modifiers = reference_modifiers, .targets = based_on_types, .chains = service_request_chains,
     .definition = "http://hl7.org/fhir/SearchParameter/ImagingStudy-basedon",
     .qido = ":identifier: AccessionNumber=", .c_find = ":identifier: Accession Number"},
    {.name = "reason", .type = as::token, .elements = {"reasonCode"}, .at = level::study, .push = push::nothing,
     .modifiers = token_modifiers, .targets = {}, .chains = {}, .definition = "http://hl7.org/fhir/SearchParameter/ImagingStudy-reason",
     .qido = "judged", .c_find = "judged"},
    {.name = "encounter", .type = as::reference, .elements = {"encounter"}, .at = level::study, .push = push::nothing,
     .modifiers = {missing, identifier}, .targets = {}, .chains = {}, .definition = "http://hl7.org/fhir/SearchParameter/ImagingStudy-encounter",
     .qido = "judged", .c_find = "judged"},
};

constexpr endpoint_parameter_row endpoint_rows[] = {
    {"_id", as::token, "http://hl7.org/fhir/SearchParameter/Resource-id"},
    {"connection-type", as::token, "http://hl7.org/fhir/SearchParameter/Endpoint-connection-type"},
    {"identifier", as::token, "http://hl7.org/fhir/SearchParameter/Endpoint-identifier"},
    {"name", as::string, "http://hl7.org/fhir/SearchParameter/Endpoint-name"},
    {"organization", as::reference, "http://hl7.org/fhir/SearchParameter/Endpoint-organization"},
    {"payload-type", as::token, "http://hl7.org/fhir/SearchParameter/Endpoint-payload-type"},
    {"status", as::token, "http://hl7.org/fhir/SearchParameter/Endpoint-status"},
};
// clang-format on

}  // namespace

std::string_view name_of(modifier m)
{
    constexpr std::array<std::string_view, 8> names{"",        "missing", "not",      "identifier",
                                                    "of-type", "exact",   "contains", "[type]"};
    return names[static_cast<std::size_t>(m)];
}

std::string_view name_of(parameter_type t)
{
    constexpr std::array<std::string_view, 4> names{"token", "reference", "date", "string"};
    return names[static_cast<std::size_t>(t)];
}

std::span<parameter_row const> imaging_study_parameters()
{
    return rows;
}

parameter_row const* find_parameter(std::string_view name)
{
    auto const it = std::ranges::find(rows, name, &parameter_row::name);
    return it != std::end(rows) ? it : nullptr;
}

std::span<endpoint_parameter_row const> endpoint_parameters()
{
    return endpoint_rows;
}

}  // namespace pons::mapping::search
