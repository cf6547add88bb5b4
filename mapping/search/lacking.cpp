#include "mapping/codecs/identifier.hpp"
#include "mapping/search/judged_criterion.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace pons::mapping::search {

namespace {

/// Says whose a number is, or where a time is: the source's own, where it is not told.
bool only_qualifies(tag t)
{
    constexpr std::array qualifiers{tags::IssuerOfAccessionNumberSequence, tags::IssuerOfPatientID,
                                    tags::IssuerOfPatientIDQualifiersSequence, tags::IssuerOfAdmissionIDSequence,
                                    tags::TimezoneOffsetFromUTC};
    return std::ranges::find(qualifiers, t) != qualifiers.end();
}

/// Whether an identifier that the attribute holds may be meant. Numbers of studies have no system.
bool may_be_in(tag t, token const& wanted)
{
    if (t == tags::AccessionNumber)
        return wanted.system != std::string(codecs::urn_dicom_uid);
    return t != tags::StudyID || !wanted.system || wanted.system->empty();
}

struct part_of_day final : fhir::value_sink {
    explicit part_of_day(criterion const& of) : c(of) {}

    void take(fhir::value const& v) override
    {
        auto const* const at = std::get_if<codecs::date_time>(&v);
        found = found || (at && std::ranges::any_of(c.any_of, [&](criterion_value const& value) {
                              return codecs::may_match(std::get<codecs::date_value>(value), *at);
                          }));
    }

    criterion const& c;
    bool found = false;
};

struct any_value final : fhir::value_sink {
    void take(fhir::value const&) override { found = true; }
    bool found = false;
};

}  // namespace

bool judge::prepared::is_decided_by(tag t) const
{
    if (t == tag{} || t == tags::StudyInstanceUID || t == tags::SeriesInstanceUID || t == tags::SOPInstanceUID ||
        only_qualifies(t))
        return false;
    if (c->modifier == modifier::missing)
        return t != tags::StudyTime;
    if (c->type() == parameter_type::date)
        return true;
    // Names are searched as texts, and nothing else is.
    if ((find_attribute(t)->vr == vr_of('P', 'N')) != (c->type() == parameter_type::string))
        return false;
    if (c->type() == parameter_type::string)
        return true;
    return t != tags::ReasonForTheRequestedProcedure &&  // a text, which no code is in
           std::ranges::any_of(c->any_of, [&](auto const& value) { return may_be_in(t, std::get<token>(value)); });
}

std::vector<tag> judge::prepared::deciding() const
{
    std::vector<tag> all;
    if (c->row->name == "status")
        return all;
    if (c->push() == push::patient_id)
        return {tags::PatientID};
    if (c->type() == parameter_type::reference && c->modifier != modifier::missing)
        return all;  // no attribute makes a reference that could be meant
    for (auto const& row : about_patient() ? tables::patient() : tables::imaging_study(c->row->at))
        if (reads(row))
            std::ranges::copy_if(row.from, std::back_inserter(all), [&](tag t) { return is_decided_by(t); });
    return all;
}

/// A time without a date is none; a date that is told has as much of it as the day can have.
bool judge::prepared::time_may_decide(study_record const& record) const
{
    thread_local std::string buffer;
    part_of_day some(*c);
    if (record.attributes.contains(tags::StudyDate))
        tables::visit(record, "started", buffer, some);
    return some.found;
}

/// Any of what the row of the study does not have.
std::vector<std::vector<tag>> judge::prepared::lacking_of_study(study_record const& record) const
{
    std::vector<tag> any;
    for (auto const t : deciding())
        if (!record.attributes.contains(t) && (t != tags::StudyTime || time_may_decide(record)))
            any.push_back(t);
    if (any.empty())
        return {};
    return {std::move(any)};
}

/// A body site is read from one attribute or the other: what tells one lacks nothing.
bool judge::prepared::is_told(study_record const& record, series_record const& series) const
{
    if (c->row->name != "bodysite")
        return false;
    study_record alone;
    alone.source = record.source;
    alone.series_known = true;
    alone.series.push_back({.attributes = series.attributes, .instances = {}});
    thread_local std::string buffer;
    any_value any;
    tables::visit(alone, c->row->elements[0], buffer, any);
    return any.found;
}

/// Any of what the row of a series or an instance does not have.
std::vector<std::vector<tag>> judge::prepared::lacking_below(study_record const& record) const
{
    // Empty it is as good as not told: the series are looked at then (`tables::modalities_known`).
    if (c->push() == push::modality && !record.attributes.text(tags::ModalitiesInStudy).empty())
        return {};
    auto const all = deciding();
    std::vector<tag> any;
    auto const look_at = [&](data_set const& d) {
        for (auto const t : all)
            if (!d.contains(t) && std::ranges::find(any, t) == any.end())
                any.push_back(t);
    };
    for (auto const& series : record.series) {
        if (c->row->at == level::instance)
            std::ranges::for_each(series.instances, look_at);
        else if (!is_told(record, series))
            look_at(series.attributes);
    }
    if (any.empty())
        return {};
    return {std::move(any)};
}

std::vector<std::vector<tag>> judge::prepared::lacking(study_record const& record) const
{
    if (is_negated() && !is_of_targets())
        return {};  // it has what it should not
    return c->row->at == level::study ? lacking_of_study(record) : lacking_below(record);
}

std::vector<std::vector<tag>> judge::lacking(study_record const& record, std::span<tag const> untold) const
{
    std::vector<std::vector<tag>> all;
    for (auto const& c : criteria_) {
        if (c.of(record, untold) != verdict::no)
            continue;
        auto reasons = c.lacking(record);
        if (reasons.empty())
            return {};
        std::ranges::move(reasons, std::back_inserter(all));
    }
    return all;
}

std::vector<tag> judge::deciding() const
{
    std::vector<tag> all;
    for (auto const& c : criteria_)
        std::ranges::copy(c.deciding(), std::back_inserter(all));
    std::ranges::sort(all);
    auto const repeated = std::ranges::unique(all);
    all.erase(repeated.begin(), repeated.end());
    return all;
}

}  // namespace pons::mapping::search
