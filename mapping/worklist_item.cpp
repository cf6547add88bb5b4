#include "mapping/worklist_item.hpp"

#include "mapping/codecs/date_time.hpp"
#include "mapping/matching_times.hpp"

#include <algorithm>

namespace pons::mapping {

namespace {

using place = worklist_row::place;
using way = worklist_row::way;

constexpr tag scheduled_procedure_step_sequence{0x00400100};
constexpr tag request{0x0040A370};        // Referenced Request Sequence
constexpr tag station_name{0x00404025};   // Scheduled Station Name Code Sequence
constexpr tag station_class{0x00404026};  // Scheduled Station Class Code Sequence
constexpr tag location{0x00404027};       // Scheduled Station Geographic Location Code Sequence
constexpr tag performers{0x00404034};     // Scheduled Human Performers Sequence
constexpr tag step_start{0x00404005};     // Scheduled Procedure Step Start DateTime

// clang-format off
constexpr worklist_row rows[] = {
    {.attribute = tag{0x00080050}, .as = "SH"_vr, .keyword = "AccessionNumber", .from = tag{0x00080050}, .from_keyword = "AccessionNumber", .within = request},
    {.attribute = tag{0x00080051}, .as = "SQ"_vr, .keyword = "IssuerOfAccessionNumberSequence", .from = tag{0x00080051}, .from_keyword = "IssuerOfAccessionNumberSequence", .within = request},
    {.attribute = tag{0x00080090}, .as = "PN"_vr, .keyword = "ReferringPhysicianName", .from = tag{0x00080090}, .from_keyword = "ReferringPhysicianName"},
    {.attribute = tag{0x0020000D}, .as = "UI"_vr, .keyword = "StudyInstanceUID", .from = tag{0x0020000D}, .from_keyword = "StudyInstanceUID"},
    {.attribute = tag{0x0020000D}, .as = "UI"_vr, .keyword = "StudyInstanceUID", .from = tag{0x0020000D}, .from_keyword = "StudyInstanceUID", .within = request},
    {.attribute = tag{0x00321032}, .as = "PN"_vr, .keyword = "RequestingPhysician", .from = tag{0x00321032}, .from_keyword = "RequestingPhysician", .within = request},
    {.attribute = tag{0x00321033}, .as = "LO"_vr, .keyword = "RequestingService", .from = tag{0x00321033}, .from_keyword = "RequestingService", .within = request},
    {.attribute = tag{0x00321060}, .as = "LO"_vr, .keyword = "RequestedProcedureDescription", .from = tag{0x00321060}, .from_keyword = "RequestedProcedureDescription", .within = request},
    {.attribute = tag{0x00321064}, .as = "SQ"_vr, .keyword = "RequestedProcedureCodeSequence", .from = tag{0x00321064}, .from_keyword = "RequestedProcedureCodeSequence", .within = request},
    {.attribute = tag{0x00401001}, .as = "SH"_vr, .keyword = "RequestedProcedureID", .from = tag{0x00401001}, .from_keyword = "RequestedProcedureID", .within = request},
    {.attribute = tag{0x00401002}, .as = "LO"_vr, .keyword = "ReasonForTheRequestedProcedure", .from = tag{0x00401002}, .from_keyword = "ReasonForTheRequestedProcedure", .within = request},
    {.attribute = tag{0x00401003}, .as = "SH"_vr, .keyword = "RequestedProcedurePriority", .from = tag{0x00741200}, .from_keyword = "ScheduledProcedureStepPriority"},
    {.attribute = tag{0x00402016}, .as = "LO"_vr, .keyword = "PlacerOrderNumberImagingServiceRequest", .from = tag{0x00402016}, .from_keyword = "PlacerOrderNumberImagingServiceRequest", .within = request},
    {.attribute = tag{0x00402017}, .as = "LO"_vr, .keyword = "FillerOrderNumberImagingServiceRequest", .from = tag{0x00402017}, .from_keyword = "FillerOrderNumberImagingServiceRequest", .within = request},
    {.attribute = tag{0x00080060}, .as = "CS"_vr, .keyword = "Modality", .in = place::step, .from = station_class, .from_keyword = "ScheduledStationClassCodeSequence", .how = way::code_value},
    {.attribute = tag{0x00400001}, .as = "AE"_vr, .keyword = "ScheduledStationAETitle", .in = place::step, .from = station_name, .from_keyword = "ScheduledStationNameCodeSequence", .how = way::code_value},
    {.attribute = tag{0x00400002}, .as = "DA"_vr, .keyword = "ScheduledProcedureStepStartDate", .in = place::step, .from = step_start, .from_keyword = "ScheduledProcedureStepStartDateTime", .how = way::date_of},
    {.attribute = tag{0x00400003}, .as = "TM"_vr, .keyword = "ScheduledProcedureStepStartTime", .in = place::step, .from = step_start, .from_keyword = "ScheduledProcedureStepStartDateTime", .how = way::time_of},
    {.attribute = tag{0x00400006}, .as = "PN"_vr, .keyword = "ScheduledPerformingPhysicianName", .in = place::step, .from = tag{0x00404037}, .from_keyword = "HumanPerformerName", .within = performers},
    {.attribute = tag{0x00400007}, .as = "LO"_vr, .keyword = "ScheduledProcedureStepDescription", .in = place::step, .from = tag{0x00741204}, .from_keyword = "ProcedureStepLabel"},
    {.attribute = tag{0x00400008}, .as = "SQ"_vr, .keyword = "ScheduledProtocolCodeSequence", .in = place::step, .from = tag{0x00404018}, .from_keyword = "ScheduledWorkitemCodeSequence"},
    {.attribute = tag{0x00400009}, .as = "SH"_vr, .keyword = "ScheduledProcedureStepID", .in = place::step, .from = tag{0x00400009}, .from_keyword = "ScheduledProcedureStepID"},
    {.attribute = tag{0x00400009}, .as = "SH"_vr, .keyword = "ScheduledProcedureStepID", .in = place::step, .from = tag{0x00401001}, .from_keyword = "RequestedProcedureID", .within = request},
    {.attribute = tag{0x00400010}, .as = "SH"_vr, .keyword = "ScheduledStationName", .in = place::step, .from = station_name, .from_keyword = "ScheduledStationNameCodeSequence", .how = way::code_value},
    {.attribute = tag{0x00400011}, .as = "SH"_vr, .keyword = "ScheduledProcedureStepLocation", .in = place::step, .from = location, .from_keyword = "ScheduledStationGeographicLocationCodeSequence", .how = way::code_meaning},
    {.attribute = tag{0x00400020}, .as = "CS"_vr, .keyword = "ScheduledProcedureStepStatus", .in = place::step, .from = tag{0x00741000}, .from_keyword = "ProcedureStepState", .how = way::status},
};

struct named_sequence {
    tag t;
    std::string_view keyword;
};
constexpr named_sequence sequences[] = {
    {request, "ReferencedRequestSequence"},
    {performers, "ScheduledHumanPerformersSequence"},
};
// clang-format on

std::size_t longest(vr as)
{
    return as == "LO"_vr ? 64 : 16;  // AE, CS, SH
}

std::string cut(std::string_view text, vr as)
{
    return text.size() <= longest(as) ? std::string(text) : std::string();
}

struct local_start {
    std::string date;
    std::string time;
};

/// Of a DT, by the clocks of `zone`.
local_start read_start(std::string_view dt, codecs::zone const* zone)
{
    auto const sign = dt.find_first_of("+-");
    auto const written = dt.substr(0, sign);
    local_start start{std::string(written.substr(0, 8)), std::string(written.size() > 8 ? written.substr(8) : "")};
    if (sign == dt.npos || start.time.empty() || !zone)
        return start;
    auto const instant = matching::read_moment("DT"_vr, dt);
    auto const local = instant ? zone->local_at(instant->begin) : std::nullopt;
    if (!local)
        return start;
    auto const told = codecs::print_wall_clock(*local);
    start.date = told.da.view();
    // No offset has seconds, so a fraction stays what it is.
    auto const point = start.time.find('.');
    start.time = std::string(told.tm.view()) + (point == start.time.npos ? "" : start.time.substr(point));
    return start;
}

std::string value_of(worklist_row const& row, data_set const& home, codecs::zone const* zone)
{
    auto const items = home.items(row.from);
    switch (row.how) {
        case way::as_it_is:
            break;
        case way::code_value:
            return items.empty() ? "" : cut(items.front().text(tags::CodeValue), row.as);
        case way::code_meaning:
            return items.empty() ? "" : cut(items.front().text(tags::CodeMeaning), row.as);
        case way::date_of:
            return read_start(home.text(row.from), zone).date;
        case way::time_of:
            return read_start(home.text(row.from), zone).time;
        case way::status:
            return home.text(row.from) == "IN PROGRESS" ? "STARTED" : cut(home.text(row.from), row.as);
    }
    return {};
}

/// All of an attribute, with what is below it.
void copy(data_set const& from, tag t, vr as, tag to_tag, data_set& to)
{
    if (as == "SQ"_vr) {
        if (auto* const items = to.add_sequence(to_tag))
            for (auto const& item : from.items(t))
                items->push_back(item);
    } else if (to.begin(to_tag, as)) {
        for (std::size_t i = 0; i < from.count(t); ++i)
            to.value(from.text(t, i));
    }
}

bool has_value(data_set const& of, tag t)
{
    return !of.text(t).empty() || !of.items(t).empty();
}

void fill(worklist_row const& row, data_set const& workitem, codecs::zone const* zone, data_set& to)
{
    auto const* home = &workitem;
    if (row.within != tag{}) {
        auto const items = workitem.items(row.within);
        home = items.empty() ? nullptr : &items.front();
    }
    if (!home)
        return;
    if (row.how != way::as_it_is) {
        if (auto const value = value_of(row, *home, zone); !value.empty())
            to.add(row.attribute, row.as, {value});
    } else if (has_value(*home, row.from)) {
        copy(*home, row.from, row.as, row.attribute, to);
    }
}

std::string_view keyword_of(tag sequence)
{
    auto const at = std::ranges::find(sequences, sequence, &named_sequence::t);
    return at != std::end(sequences) ? at->keyword : std::string_view();
}

}  // namespace

std::span<worklist_row const> worklist_rows()
{
    return rows;
}

data_set to_worklist_item(data_set const& workitem, codecs::zone const* zone)
{
    data_set item;
    data_set step;
    workitem.for_each([&](tag t, vr as, bool is_sequence) {
        if (group(t) == 0x0010 || group(t) == 0x0038)
            copy(workitem, t, is_sequence ? "SQ"_vr : as, t, item);
    });
    for (auto const& row : rows)
        fill(row, workitem, zone, row.in == place::item ? item : step);
    for (auto const& row : rows) {  // no effect where something is there
        auto& to = row.in == place::item ? item : step;
        if (row.as == "SQ"_vr)
            to.add_sequence(row.attribute);
        else
            to.begin(row.attribute, row.as);
    }
    for (auto const t : {tags::PatientName, tags::PatientID, tags::PatientBirthDate, tags::PatientSex})
        if (!item.contains(t))
            item.begin(t, find_attribute(t)->vr);
    item.add_sequence(scheduled_procedure_step_sequence)->push_back(std::move(step));
    return item;
}

std::string describe_worklist()
{
    constexpr std::string_view ways[] = {"",           ", its Code Value", ", its Code Meaning",
                                         ", the date", ", the time",       ", `IN PROGRESS` as `STARTED`"};
    std::string text = "| attribute | of | from |\n| --- | --- | --- |\n";
    for (auto const& row : rows) {
        text.append("| ").append(row.keyword).append(row.in == place::item ? " | item | " : " | step | ");
        if (row.within != tag{})
            text.append(keyword_of(row.within)).append(" > ");
        text.append(row.from_keyword).append(ways[static_cast<std::size_t>(row.how)]).append(" |\n");
    }
    return text;
}

}  // namespace pons::mapping
