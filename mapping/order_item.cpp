#include "mapping/order_item.hpp"

#include "mapping/order_values.hpp"

#include <algorithm>
#include <iterator>

namespace pons::mapping::orders {

namespace {

using place = worklist_row::place;

constexpr tag scheduled_procedure_step_sequence{0x00400100};

// clang-format off
constexpr order_row rows[] = {
    {.attribute = tags::AccessionNumber, .as = "SH"_vr, .keyword = "AccessionNumber", .from = "identifier of type `ACSN`, else of `issuer.accession_system`", .put = &put_accession},
    {.attribute = tags::IssuerOfAccessionNumberSequence, .as = "SQ"_vr, .keyword = "IssuerOfAccessionNumberSequence", .from = "its system", .put = &put_accession_issuer},
    {.attribute = tags::PatientName, .as = "PN"_vr, .keyword = "PatientName", .from = "Patient.name: official, else usual, else another; ideographic and phonetic ones by iso21090-EN-representation", .put = &put_patient_name},
    {.attribute = tags::PatientID, .as = "LO"_vr, .keyword = "PatientID", .from = "Patient.identifier of `issuer.system`", .put = &put_patient_id},
    {.attribute = tags::IssuerOfPatientID, .as = "LO"_vr, .keyword = "IssuerOfPatientID", .from = "`issuer.namespace`, with a Patient ID", .put = &put_patient_issuer},
    {.attribute = tags::PatientBirthDate, .as = "DA"_vr, .keyword = "PatientBirthDate", .from = "Patient.birthDate", .put = &put_birth_date},
    {.attribute = tags::PatientSex, .as = "CS"_vr, .keyword = "PatientSex", .from = "Patient.gender", .put = &put_sex},
    {.attribute = tags::StudyInstanceUID, .as = "UI"_vr, .keyword = "StudyInstanceUID", .from = "identifier of system `urn:dicom:uid` or type DCM 110180, with or without `urn:oid:`", .put = &put_study_uid},
    {.attribute = tags::StudyInstanceUID, .as = "UI"_vr, .keyword = "StudyInstanceUID", .from = "the order's URL: 2.25 and its UUID of version 5", .put = &put_derived_uid},
    {.attribute = tag{0x00321032}, .as = "PN"_vr, .keyword = "RequestingPhysician", .from = "requester: Practitioner.name, of a PractitionerRole its practitioner's; else its display", .put = &put_requester},
    {.attribute = tag{0x00321033}, .as = "LO"_vr, .keyword = "RequestingService", .from = "requester: Organization.name, of a PractitionerRole its organization's", .put = &put_service},
    {.attribute = tag{0x00321060}, .as = "LO"_vr, .keyword = "RequestedProcedureDescription", .from = "code: text, else a display", .put = &put_code_words},
    {.attribute = tag{0x00321064}, .as = "SQ"_vr, .keyword = "RequestedProcedureCodeSequence", .from = "code: the first coding whose system has a designator", .put = &put_code},
    {.attribute = tags::RequestedProcedureID, .as = "SH"_vr, .keyword = "RequestedProcedureID", .from = "identifier whose type has the text *Requested Procedure ID*", .put = &put_procedure_id},
    {.attribute = tags::RequestedProcedureID, .as = "SH"_vr, .keyword = "RequestedProcedureID", .from = "identifier of type `FILL`", .put = &put_filler},
    {.attribute = tags::RequestedProcedureID, .as = "SH"_vr, .keyword = "RequestedProcedureID", .from = "identifier of type `PLAC`", .put = &put_placer},
    {.attribute = tags::RequestedProcedureID, .as = "SH"_vr, .keyword = "RequestedProcedureID", .from = "id", .put = &put_id},
    {.attribute = tags::ReasonForTheRequestedProcedure, .as = "LO"_vr, .keyword = "ReasonForTheRequestedProcedure", .from = "reasonCode (R5: reason.concept): text, else a display, of the first that fits", .put = &put_reason},
    {.attribute = tags::ReasonForRequestedProcedureCodeSequence, .as = "SQ"_vr, .keyword = "ReasonForRequestedProcedureCodeSequence", .from = "reasonCode: of each the first coding whose system has a designator", .put = &put_reason_codes},
    {.attribute = tag{0x00401003}, .as = "SH"_vr, .keyword = "RequestedProcedurePriority", .from = "priority: `stat` STAT, `asap` and `urgent` HIGH, `routine` ROUTINE", .put = &put_priority},
    {.attribute = tag{0x00402004}, .as = "DA"_vr, .keyword = "IssueDateOfImagingServiceRequest", .from = "authoredOn, the local date", .put = &put_authored},
    {.attribute = tag{0x00402005}, .as = "TM"_vr, .keyword = "IssueTimeOfImagingServiceRequest", .from = "authoredOn, the local time", .put = &put_authored},
    {.attribute = tag{0x00402016}, .as = "LO"_vr, .keyword = "PlacerOrderNumberImagingServiceRequest", .from = "identifier of type `PLAC`", .put = &put_placer},
    {.attribute = tag{0x00402017}, .as = "LO"_vr, .keyword = "FillerOrderNumberImagingServiceRequest", .from = "identifier of type `FILL`", .put = &put_filler},
    {.attribute = tag{0x00402400}, .as = "LT"_vr, .keyword = "ImagingServiceRequestComments", .from = "note.text", .put = &put_notes},
    {.attribute = tags::Modality, .as = "CS"_vr, .keyword = "Modality", .in = place::step, .from = "a DCM code that is a modality: of orderDetail, else category, else code", .put = &put_modality, .for_any = true},
    {.attribute = tags::Modality, .as = "CS"_vr, .keyword = "Modality", .in = place::step, .from = "category of HL7 v2 table 0074: `CT` CT, `NMR` MR, `NMS` NM, `RUS`, `CUS`, `OUS`, `VUS` US", .put = &put_section, .for_any = true},
    {.attribute = tag{0x00400001}, .as = "AE"_vr, .keyword = "ScheduledStationAETitle", .in = place::step, .from = "performer: identifiers of `ae_title_system`; orderDetail: codings of it, code or display", .put = &put_station, .for_any = true},
    {.attribute = tag{0x00400002}, .as = "DA"_vr, .keyword = "ScheduledProcedureStepStartDate", .in = place::step, .from = "occurrenceDateTime, else occurrencePeriod.start, the local date", .put = &put_start},
    {.attribute = tag{0x00400003}, .as = "TM"_vr, .keyword = "ScheduledProcedureStepStartTime", .in = place::step, .from = "the same, the local time", .put = &put_start, .for_any = true},
    {.attribute = tag{0x00400006}, .as = "PN"_vr, .keyword = "ScheduledPerformingPhysicianName", .in = place::step, .from = "the first performer who is a Practitioner or PractitionerRole: name, else its display", .put = &put_performer},
    {.attribute = tags::ScheduledProcedureStepDescription, .as = "LO"_vr, .keyword = "ScheduledProcedureStepDescription", .in = place::step, .from = "code: text, else a display", .put = &put_code_words},
    {.attribute = tag{0x00400008}, .as = "SQ"_vr, .keyword = "ScheduledProtocolCodeSequence", .in = place::step, .from = "code: the first coding whose system has a designator", .put = &put_code},
    {.attribute = tags::ScheduledProcedureStepID, .as = "SH"_vr, .keyword = "ScheduledProcedureStepID", .in = place::step, .from = "identifier whose type has the text *Scheduled Procedure Step ID*", .put = &put_step_id},
    {.attribute = tags::ScheduledProcedureStepID, .as = "SH"_vr, .keyword = "ScheduledProcedureStepID", .in = place::step, .from = "identifier of type `FILL`", .put = &put_filler},
    {.attribute = tags::ScheduledProcedureStepID, .as = "SH"_vr, .keyword = "ScheduledProcedureStepID", .in = place::step, .from = "identifier of type `PLAC`", .put = &put_placer},
    {.attribute = tags::ScheduledProcedureStepID, .as = "SH"_vr, .keyword = "ScheduledProcedureStepID", .in = place::step, .from = "id", .put = &put_id},
    {.attribute = tag{0x00400010}, .as = "SH"_vr, .keyword = "ScheduledStationName", .in = place::step, .from = "performer: Device.deviceName.name (R5: name.value)", .put = &put_station_name, .for_any = true},
    {.attribute = tag{0x00400011}, .as = "SH"_vr, .keyword = "ScheduledProcedureStepLocation", .in = place::step, .from = "locationCode (R5: location.concept): text, else a display; else locationReference.display", .put = &put_location},
    {.attribute = tag{0x00400020}, .as = "CS"_vr, .keyword = "ScheduledProcedureStepStatus", .in = place::step, .from = "SCHEDULED", .put = &put_scheduled},
};

constexpr std::string_view intents[] = {"order", "original-order", "reflex-order", "filler-order", "instance-order"};
// clang-format on

bool is_of(codeable_concept const& of, std::string_view token)
{
    auto const bar = token.find('|');
    auto const code = bar == token.npos ? token : token.substr(bar + 1);
    return std::ranges::any_of(of.codings, [&](coding const& c) {
        return c.code == code && (bar == token.npos || c.system == token.substr(0, bar));
    });
}

}  // namespace

std::span<order_row const> order_rows()
{
    return rows;
}

order_view look_at(order const& of, parties const& came, order_facts const& facts)
{
    order_view view{.of = of, .facts = facts};
    auto const find = [&](reference const& to) { return came.find(to, of); };
    auto const person_of = [&](party const* who) -> party const* {
        if (who && who->type == "PractitionerRole")
            who = find(who->practitioner);
        return who && who->type == "Practitioner" ? who : nullptr;
    };
    // A Patient inside an order cannot be searched for, so that what is found would depend on the question.
    if (auto const* const subject = find(of.subject);
        subject && subject->type == "Patient" && !of.subject.to.starts_with('#'))
        view.patient = subject;
    if (auto const* const requester = find(of.requester)) {
        view.requester = person_of(requester);
        view.organization = requester->type == "PractitionerRole" ? find(requester->organization) : requester;
        if (view.organization && view.organization->type != "Organization")
            view.organization = nullptr;
    }
    for (auto const& performer : of.performers) {
        auto const* const who = find(performer);
        view.performers.push_back({.as = &performer, .who = who, .person = person_of(who)});
    }
    return view;
}

bool is_scheduled(order const& one, std::span<std::string const> categories)
{
    auto const in = [&](std::string const& token) {
        return token == "*" ||
               std::ranges::any_of(one.categories, [&](codeable_concept const& of) { return is_of(of, token); });
    };
    return one.status == "active" && !one.do_not_perform &&
           std::ranges::find(intents, one.intent) != std::end(intents) && std::ranges::any_of(categories, in);
}

data_set to_worklist_item(order_view const& one)
{
    data_set item;
    data_set step;
    for (auto const& row : rows)
        if (auto& to = row.in == place::item ? item : step; !to.contains(row.attribute))
            row.put(row, one, to);
    for (auto const& row : rows) {  // no effect where something is there
        auto& to = row.in == place::item ? item : step;
        if (row.for_any)
            continue;
        if (row.as == "SQ"_vr)
            to.add_sequence(row.attribute);
        else
            to.begin(row.attribute, row.as);
    }
    item.add_sequence(scheduled_procedure_step_sequence)->push_back(std::move(step));
    return item;
}

std::string describe_orders()
{
    std::string text = "| attribute | of | from | not told |\n| --- | --- | --- | --- |\n";
    for (auto const& row : rows)
        text.append("| ")
            .append(row.keyword)
            .append(row.in == place::item ? " | item | " : " | step | ")
            .append(row.from)
            .append(row.for_any ? " | for any |\n" : " | empty |\n");
    return text;
}

}  // namespace pons::mapping::orders
