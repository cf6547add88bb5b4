#include "mapping/order_item.hpp"

#include "mapping/codecs/code.hpp"
#include "mapping/codecs/date_parts.hpp"
#include "mapping/codecs/date_time.hpp"
#include "mapping/codecs/identifier.hpp"
#include "mapping/codecs/uuid_uid.hpp"
#include "mapping/order_names.hpp"
#include "mapping/tables/modality.hpp"
#include "mapping/tables/patient_sex.hpp"
#include "mapping/utf8.hpp"

#include <algorithm>
#include <array>

namespace pons::mapping::orders {

namespace {

using place = worklist_row::place;

constexpr tag scheduled_procedure_step_sequence{0x00400100};
constexpr std::string_view system_v2_0203 = "http://terminology.hl7.org/CodeSystem/v2-0203";
constexpr std::string_view system_v2_0074 = "http://terminology.hl7.org/CodeSystem/v2-0074";

// --- texts ----------------------------------------------------------------------------------------------------------

std::size_t longest(vr as)
{
    return as == "LO"_vr || as == "UI"_vr ? 64 : as == "LT"_vr ? 10240 : 16;  // AE, CS, SH
}

/// Whether an attribute can hold `text` as it is: one value, as long as it may be (PS3.5 §6.2).
bool fits(std::string_view text, vr as)
{
    std::size_t characters = 0;
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        bool const of_long_text = as == "LT"_vr && (c == '\t' || c == '\r' || c == '\n');
        if ((byte < 0x20 && !of_long_text) || byte == 0x7F || (c == '\\' && as != "LT"_vr))
            return false;
        if (byte >= 0x80 && (as == "AE"_vr || as == "CS"_vr))
            return false;
        characters += (byte & 0xC0) != 0x80;
    }
    return characters <= longest(as) && !trim(text, as).empty();
}

/// False: it cannot hold it.
bool put_text(order_row const& row, std::string_view text, data_set& to)
{
    bool const well = fits(text, row.as);
    if (well)
        to.add(row.attribute, row.as, {text});
    return well;
}

/// The text of a concept, or else what one of its codes means.
std::vector<std::string_view> words_of(codeable_concept const& of)
{
    std::vector<std::string_view> all;
    if (!of.text.empty())
        all.push_back(of.text);
    for (auto const& each : of.codings)
        if (!each.display.empty())
            all.push_back(each.display);
    return all;
}

void put_words(order_row const& row, codeable_concept const& of, data_set& to)
{
    for (auto const words : words_of(of))
        if (put_text(row, words, to))
            return;
}

// --- identifiers ----------------------------------------------------------------------------------------------------

bool is_in_use(identifier const& one)
{
    return one.use != "old" && !one.value.empty();
}

bool has_type(identifier const& one, std::string_view code)
{
    return std::ranges::any_of(one.type.codings,
                               [&](coding const& c) { return c.system == system_v2_0203 && c.code == code; });
}

template <class F>
identifier const* find_identifier(std::vector<identifier> const& all, F const& wanted)
{
    auto const at = std::ranges::find_if(all, [&](auto const& one) { return is_in_use(one) && wanted(one); });
    return at != all.end() ? &*at : nullptr;
}

identifier const* accession_of(order_view const& from)
{
    auto const& all = from.of.identifiers;
    if (auto const* const typed = find_identifier(all, [](auto const& one) { return has_type(one, "ACSN"); }))
        return typed;
    auto const& system = from.facts.accession_system;
    return system.empty() ? nullptr : find_identifier(all, [&](auto const& one) { return one.system == system; });
}

void put_accession(order_row const& row, order_view const& from, data_set& to)
{
    if (auto const* const one = accession_of(from))
        put_text(row, one->value, to);
}

void put_accession_issuer(order_row const& row, order_view const& from, data_set& to)
{
    auto const* const one = accession_of(from);
    if (!one || one->system.empty() || !fits(one->value, "SH"_vr))
        return;
    if (auto* const items = to.add_sequence(row.attribute))
        items->push_back(codecs::to_item(codecs::issuer{.system = {one->system, {}}, .assigner_display = {}}));
}

template <char A, char B, char C, char D>
void put_typed(order_row const& row, order_view const& from, data_set& to)
{
    constexpr std::array code{A, B, C, D};
    std::string_view const wanted(code.data(), code.size());
    if (auto const* const one =
            find_identifier(from.of.identifiers, [&](auto const& each) { return has_type(each, wanted); }))
        put_text(row, one->value, to);
}

constexpr auto put_placer = &put_typed<'P', 'L', 'A', 'C'>;
constexpr auto put_filler = &put_typed<'F', 'I', 'L', 'L'>;

void put_called(std::string_view type_text, order_row const& row, order_view const& from, data_set& to)
{
    if (auto const* const one =
            find_identifier(from.of.identifiers, [&](auto const& each) { return each.type.text == type_text; }))
        put_text(row, one->value, to);
}

void put_procedure_id(order_row const& row, order_view const& from, data_set& to)
{
    put_called("Requested Procedure ID", row, from, to);
}

void put_step_id(order_row const& row, order_view const& from, data_set& to)
{
    put_called("Scheduled Procedure Step ID", row, from, to);
}

void put_id(order_row const& row, order_view const& from, data_set& to)
{
    put_text(row, from.of.id, to);
}

void put_study_uid(order_row const& row, order_view const& from, data_set& to)
{
    for (auto const& one : from.of.identifiers) {
        bool const typed = std::ranges::any_of(one.type.codings, [](coding const& c) {
            return c.system == codecs::system_dcm && c.code == "110180";  // Study Instance UID
        });
        if (!is_in_use(one) || (one.system != codecs::urn_dicom_uid && !typed))
            continue;
        auto const uid = codecs::uid_of_urn(one.value).value_or(one.value);
        if (codecs::is_uid(uid))
            return to.add(row.attribute, row.as, {uid});
    }
}

void put_derived_uid(order_row const& row, order_view const& from, data_set& to)
{
    if (!from.of.id.empty())
        to.add(row.attribute, row.as, {codecs::uid_of_url(from.facts.base + "/ServiceRequest/" + from.of.id)});
}

// --- codes ----------------------------------------------------------------------------------------------------------

/// The first code that can be told in DICOM: of a scheme that has a designator, and with a meaning (PS3.3 §8.1, §8.3).
bool add_code(codeable_concept const& of, std::vector<data_set>& items)
{
    for (auto const& each : of.codings) {
        std::string_view const meaning = each.display.empty() ? of.text : each.display;
        if (each.code.empty() || codecs::to_designator(each.system).empty() || !fits(meaning, "LO"_vr) ||
            !fits(each.code, "LO"_vr))
            continue;
        items.push_back(
            codecs::to_item(codecs::coding{.system = {each.system, {}}, .code = each.code, .display = meaning}));
        return true;
    }
    return false;
}

void put_items(order_row const& row, std::vector<data_set> items, data_set& to)
{
    if (items.empty())
        return;
    if (auto* const there = to.add_sequence(row.attribute))
        *there = std::move(items);
}

void put_code(order_row const& row, order_view const& from, data_set& to)
{
    std::vector<data_set> items;
    add_code(from.of.code, items);
    put_items(row, std::move(items), to);
}

void put_code_words(order_row const& row, order_view const& from, data_set& to)
{
    put_words(row, from.of.code, to);
}

void put_reason_codes(order_row const& row, order_view const& from, data_set& to)
{
    std::vector<data_set> items;
    for (auto const& reason : from.of.reasons)
        add_code(reason, items);
    put_items(row, std::move(items), to);
}

void put_reason(order_row const& row, order_view const& from, data_set& to)
{
    for (auto const& reason : from.of.reasons) {
        put_words(row, reason, to);
        if (to.contains(row.attribute))
            return;
    }
}

struct meaning {
    std::string_view code;
    std::string_view value;
};

// IHE RAD TF-2 Table 4.4-6 has them so for HL7 v2.
constexpr meaning priorities[] = {{"stat", "STAT"}, {"asap", "HIGH"}, {"urgent", "HIGH"}, {"routine", "ROUTINE"}};

// HL7 v2 table 0074, as far as a section has one modality.
constexpr meaning sections[] = {{"CT", "CT"},  {"CUS", "US"}, {"NMR", "MR"}, {"NMS", "NM"},
                                {"OUS", "US"}, {"RUS", "US"}, {"VUS", "US"}};

template <std::size_t N>
std::string_view find_meaning(meaning const (&table)[N], std::string_view code)
{
    auto const at = std::ranges::find(table, code, &meaning::code);
    return at != std::end(table) ? at->value : std::string_view();
}

void put_priority(order_row const& row, order_view const& from, data_set& to)
{
    put_text(row, find_meaning(priorities, from.of.priority), to);
}

/// Of what is told of the procedure: how it is told first, then what kind it is, then what it is.
void put_modality(order_row const& row, order_view const& from, data_set& to)
{
    auto const put = [&](codeable_concept const& of) {
        for (auto const& each : of.codings)
            if (each.system == codecs::system_dcm && tables::find_modality(each.code))
                return put_text(row, each.code, to);
        return false;
    };
    if (std::ranges::any_of(from.of.details, put) || std::ranges::any_of(from.of.categories, put))
        return;
    put(from.of.code);
}

void put_section(order_row const& row, order_view const& from, data_set& to)
{
    for (auto const& category : from.of.categories)
        for (auto const& each : category.codings)
            if (each.system == system_v2_0074 && put_text(row, find_meaning(sections, each.code), to))
                return;
}

// --- times ----------------------------------------------------------------------------------------------------------

/// Of a FHIR dateTime, where the modalities are; a time without a zone (R5) is theirs. A year or a month is no date.
codecs::wall_clock_reading to_local(std::string_view text, codecs::zone const* zone)
{
    using precision = codecs::date_parts::precision;
    auto const parts = codecs::parse_date_parts(text);
    if (!parts || parts->written < precision::day)
        return {};
    auto local = parts->begin();
    if (parts->offset) {
        auto const there = zone ? zone->local_at(local - *parts->offset * codecs::microseconds_per_minute)
                                : std::optional<std::int64_t>();
        if (!there)
            return {};
        local = *there;
    }
    auto told = codecs::print_wall_clock(local);
    if (parts->written == precision::day)
        told.tm = {};
    return told;
}

void put_moment(order_row const& row, std::string_view text, order_view const& from, data_set& to)
{
    auto const moment = to_local(text, from.facts.zone);
    auto const value = row.as == "DA"_vr ? moment.da.view() : moment.tm.view();
    if (!value.empty())
        to.add(row.attribute, row.as, {value});
}

void put_start(order_row const& row, order_view const& from, data_set& to)
{
    put_moment(row, from.of.start, from, to);
}

void put_authored(order_row const& row, order_view const& from, data_set& to)
{
    put_moment(row, from.of.authored_on, from, to);
}

// --- people and places
// ------------------------------------------------------------------------------------------------

void put_name(order_row const& row, party const* of, std::string_view otherwise, data_set& to)
{
    auto name = of ? to_person_name(of->names) : std::string();
    if (name.empty())
        name = to_person_name(otherwise);
    if (!name.empty())
        to.add(row.attribute, row.as, {name});
}

void put_patient_name(order_row const& row, order_view const& from, data_set& to)
{
    put_name(row, from.patient, {}, to);
}

void put_patient_id(order_row const& row, order_view const& from, data_set& to)
{
    auto const ours = [&](identifier const& one) { return one.system == from.facts.patient_system; };
    if (auto const* const found = from.patient ? find_identifier(from.patient->identifiers, ours) : nullptr)
        put_text(row, found->value, to);
}

/// Behind Patient ID in the table.
void put_patient_issuer(order_row const& row, order_view const& from, data_set& to)
{
    if (!to.text(tags::PatientID).empty())
        put_text(row, from.facts.patient_namespace, to);
}

void put_birth_date(order_row const& row, order_view const& from, data_set& to)
{
    if (from.patient && from.patient->birth_date.size() == 10)  // YYYY-MM-DD
        put_moment(row, from.patient->birth_date, from, to);
}

void put_sex(order_row const& row, order_view const& from, data_set& to)
{
    if (from.patient)
        put_text(row, tables::to_patient_sex(from.patient->gender), to);
}

void put_requester(order_row const& row, order_view const& from, data_set& to)
{
    bool const person = !from.organization || from.requester;
    put_name(row, from.requester, person ? std::string_view(from.of.requester.display) : std::string_view(), to);
}

void put_service(order_row const& row, order_view const& from, data_set& to)
{
    if (from.organization)
        put_text(row, from.organization->name, to);
}

bool is_practitioner(order_view::performer const& one)
{
    return one.person || one.as->to.find("Practitioner") != std::string::npos;
}

void put_performer(order_row const& row, order_view const& from, data_set& to)
{
    auto const at = std::ranges::find_if(from.performers, is_practitioner);
    if (at != from.performers.end())
        put_name(row, at->person, at->as->display, to);
}

void put_station(order_row const& row, order_view const& from, data_set& to)
{
    auto const& system = from.facts.ae_title_system;
    if (system.empty())
        return;
    std::vector<std::string_view> titles;
    auto const take = [&](std::string_view title) {
        if (fits(title, row.as) && std::ranges::find(titles, title) == titles.end())
            titles.push_back(title);
    };
    auto const ours = [&](identifier const& one) { return one.system == system; };
    for (auto const& performer : from.performers) {
        if (performer.who)
            if (auto const* const one = find_identifier(performer.who->identifiers, ours))
                take(one->value);
        if (auto const& logical = performer.as->logical; logical && ours(*logical))
            take(logical->value);
    }
    for (auto const& detail : from.of.details)
        for (auto const& each : detail.codings)
            if (each.system == system)
                take(each.code.empty() ? each.display : each.code);
    if (!titles.empty())
        to.add(row.attribute, row.as, std::span<std::string_view const>(titles));
}

void put_station_name(order_row const& row, order_view const& from, data_set& to)
{
    for (auto const& performer : from.performers)
        if (performer.who && performer.who->type == "Device" && put_text(row, performer.who->name, to))
            return;
}

void put_location(order_row const& row, order_view const& from, data_set& to)
{
    for (auto const& location : from.of.locations) {
        put_words(row, location, to);
        if (to.contains(row.attribute))
            return;
    }
}

void put_notes(order_row const& row, order_view const& from, data_set& to)
{
    std::string all;
    for (auto const& note : from.of.notes)
        all.append(all.empty() ? "" : "\n").append(note);
    put_text(row, all, to);
}

void put_scheduled(order_row const& row, order_view const&, data_set& to)
{
    put_text(row, "SCHEDULED", to);
}

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
    {.attribute = tags::RequestedProcedureID, .as = "SH"_vr, .keyword = "RequestedProcedureID", .from = "identifier of type `FILL`", .put = put_filler},
    {.attribute = tags::RequestedProcedureID, .as = "SH"_vr, .keyword = "RequestedProcedureID", .from = "identifier of type `PLAC`", .put = put_placer},
    {.attribute = tags::RequestedProcedureID, .as = "SH"_vr, .keyword = "RequestedProcedureID", .from = "id", .put = &put_id},
    {.attribute = tags::ReasonForTheRequestedProcedure, .as = "LO"_vr, .keyword = "ReasonForTheRequestedProcedure", .from = "reasonCode (R5: reason.concept): text, else a display, of the first that fits", .put = &put_reason},
    {.attribute = tags::ReasonForRequestedProcedureCodeSequence, .as = "SQ"_vr, .keyword = "ReasonForRequestedProcedureCodeSequence", .from = "reasonCode: of each the first coding whose system has a designator", .put = &put_reason_codes},
    {.attribute = tag{0x00401003}, .as = "SH"_vr, .keyword = "RequestedProcedurePriority", .from = "priority: `stat` STAT, `asap` and `urgent` HIGH, `routine` ROUTINE", .put = &put_priority},
    {.attribute = tag{0x00402004}, .as = "DA"_vr, .keyword = "IssueDateOfImagingServiceRequest", .from = "authoredOn, the local date", .put = &put_authored},
    {.attribute = tag{0x00402005}, .as = "TM"_vr, .keyword = "IssueTimeOfImagingServiceRequest", .from = "authoredOn, the local time", .put = &put_authored},
    {.attribute = tag{0x00402016}, .as = "LO"_vr, .keyword = "PlacerOrderNumberImagingServiceRequest", .from = "identifier of type `PLAC`", .put = put_placer},
    {.attribute = tag{0x00402017}, .as = "LO"_vr, .keyword = "FillerOrderNumberImagingServiceRequest", .from = "identifier of type `FILL`", .put = put_filler},
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
    {.attribute = tags::ScheduledProcedureStepID, .as = "SH"_vr, .keyword = "ScheduledProcedureStepID", .in = place::step, .from = "identifier of type `FILL`", .put = put_filler},
    {.attribute = tags::ScheduledProcedureStepID, .as = "SH"_vr, .keyword = "ScheduledProcedureStepID", .in = place::step, .from = "identifier of type `PLAC`", .put = put_placer},
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
