#include "mapping/search/judge.hpp"

#include "mapping/codecs/identifier.hpp"
#include "mapping/search/name_criterion.hpp"
#include "mapping/search/token_match.hpp"
#include "mapping/tables/imaging_study.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

namespace pons::mapping::search {

namespace {

fhir::reference const& reference_in(fhir::value const& v)
{
    auto const* const performer = std::get_if<fhir::performer>(&v);
    return performer ? performer->actor : std::get<fhir::reference>(v);
}

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

/// PN.
std::string_view name_in(fhir::value const& v)
{
    auto const* const name = std::get_if<fhir::human_name>(&v);
    return name ? name->person_name : reference_in(v).person_name;
}

}  // namespace

/// One criterion with what can be made ready before the first record.
struct judge::prepared {
    criterion const* c;
    std::vector<codecs::name_query> names;

    explicit prepared(criterion const& of) : c(&of)
    {
        if (c->type() != parameter_type::string || c->modifier == modifier::missing)
            return;
        for (auto const& value : c->any_of)
            names.push_back(to_name_query(*c, std::get<text>(value)));
    }

    bool name_matches(std::string_view person_name) const
    {
        return std::ranges::any_of(names, [&](auto const& query) { return query.matches(person_name); });
    }

    /// "Patient/X" and "X" mean the patient id X, also where it makes no literal reference (DESIGN section 6).
    bool patient_matches(study_record const& record) const
    {
        auto const id = tables::bare_patient_id(record);
        return !id.empty() && std::ranges::any_of(c->any_of, [&](criterion_value const& value) {
            auto const& wanted = std::get<reference_value>(value);
            if (wanted.known_as)
                return is_one_of(record, *wanted.known_as);
            return !wanted.foreign && (wanted.type.empty() || wanted.type == "Patient") && wanted.id == id;
        });
    }

    bool reference_matches(fhir::reference const& r) const
    {
        return std::ranges::any_of(c->any_of, [&](criterion_value const& value) {
            auto const& wanted = std::get<reference_value>(value);
            if (wanted.foreign || r.literal.empty())
                return false;
            auto const type = r.literal.head.substr(0, r.literal.head.size() - 1);
            return (wanted.type.empty() || wanted.type == type) && wanted.id == r.literal.tail;
        });
    }

    bool token_matches(fhir::value const& v, study_record const& record) const
    {
        return std::ranges::any_of(
            c->any_of, [&](criterion_value const& value) { return matches(std::get<token>(value), v, *c, record); });
    }

    bool value_matches(fhir::value const& v, study_record const& record) const
    {
        switch (c->type()) {
            case parameter_type::token:
                return token_matches(v, record);
            case parameter_type::date: {
                auto const* const at = std::get_if<codecs::date_time>(&v);
                return at && std::ranges::any_of(c->any_of, [&](criterion_value const& value) {
                           return codecs::matches(std::get<codecs::date_value>(value), *at);
                       });
            }
            case parameter_type::reference:
                if (c->push() == push::patient_id)
                    return patient_matches(record);
                return reference_matches(reference_in(v));
            case parameter_type::string:
                return name_matches(name_in(v));
        }
        return false;
    }

    /// Whether there is what :missing asks for; behind a chain, at the value's target.
    bool is_there(fhir::value const& v) const
    {
        if (!c->chain)
            return true;
        if (c->type() == parameter_type::string)
            return codecs::has_part(name_in(v), part_of(*c->chain));
        return about_patient() || !reference_in(v).logical.empty();
    }

    bool is_negated() const
    {
        return c->modifier == modifier::not_ || (c->modifier == modifier::missing && c->missing);
    }

    /// A chain over references, each to a target of its own. The patient of a study is one.
    bool is_of_targets() const { return c->chain && !about_patient(); }

    /// Looks at each value of the element that the criterion is about.
    struct looker final : fhir::value_sink {
        looker(prepared const& p, study_record const& r)
            : what(p), record(r), each_negated(p.is_negated() && p.is_of_targets())
        {
        }

        void take(fhir::value const& v) override
        {
            if (found)
                return;
            auto const holds = what.c->modifier == modifier::missing ? what.is_there(v) : what.value_matches(v, record);
            found = holds != each_negated;
        }

        prepared const& what;
        study_record const& record;
        bool const each_negated;
        bool found = false;
    };

    bool about_patient() const { return c->chain && (c->row->name == "patient" || c->row->name == "subject"); }

    std::string_view patient_element() const
    {
        auto const name = c->chain->name;
        return name == "identifier"  ? "identifier"
               : name == "birthdate" ? "birthDate"
               : name == "gender"    ? "gender"
                                     : "name";
    }

    std::span<tables::element_row const> rows() const
    {
        return about_patient() ? tables::patient() : tables::imaging_study(level::study);
    }

    bool reads(tables::element_row const& row) const
    {
        if (about_patient())
            return row.element == patient_element();
        return std::ranges::find(c->row->elements, row.element) != std::ranges::end(c->row->elements);
    }

    bool is_decided_by(tables::element_row const& row, std::span<tag const> untold) const
    {
        return std::ranges::any_of(row.from, [&](tag t) { return std::ranges::find(untold, t) != untold.end(); });
    }

    /// Whether an attribute that decides is among `untold`.
    bool wants(std::span<tag const> untold) const
    {
        if (c->push() == push::patient_id)  // not by the name that `subject` shows
            return std::ranges::find(untold, tags::PatientID) != untold.end();
        return c->row->at == level::study &&
               std::ranges::any_of(rows(), [&](auto const& row) { return reads(row) && is_decided_by(row, untold); });
    }

    bool is_decided_by(tag t) const
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

    /// Attributes without which it may not hold.
    std::vector<tag> deciding() const
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

    /// A time without a date is none; a date that is told has as much of it as the day can have.
    bool time_may_decide(study_record const& record) const
    {
        thread_local std::string buffer;
        part_of_day some(*c);
        if (record.attributes.contains(tags::StudyDate))
            tables::visit(record, "started", buffer, some);
        return some.found;
    }

    /// Any of what the row of the study does not have.
    std::vector<std::vector<tag>> lacking_of_study(study_record const& record) const
    {
        std::vector<tag> any;
        for (auto const t : deciding())
            if (!record.attributes.contains(t) && (t != tags::StudyTime || time_may_decide(record)))
                any.push_back(t);
        if (any.empty())
            return {};
        return {std::move(any)};
    }

    struct any_value final : fhir::value_sink {
        void take(fhir::value const&) override { found = true; }
        bool found = false;
    };

    /// A body site is read from one attribute or the other: what tells one lacks nothing.
    bool is_told(study_record const& record, series_record const& series) const
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
    std::vector<std::vector<tag>> lacking_below(study_record const& record) const
    {
        if (c->push() == push::modality && record.attributes.contains(tags::ModalitiesInStudy))
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

    /// See `judge::lacking`.
    std::vector<std::vector<tag>> lacking(study_record const& record) const
    {
        if (is_negated() && !is_of_targets())
            return {};  // it has what it should not
        return c->row->at == level::study ? lacking_of_study(record) : lacking_below(record);
    }

    /// A number without the one who gave it may be another's: where issuers are told apart, or the criterion names one.
    bool misses_issuer(study_record const& record, std::span<tag const> untold) const
    {
        bool const numbered = about_patient() ? patient_element() == "identifier" : c->push() == push::patient_id;
        auto const is_issuer = [](tag t) {
            return t == tags::IssuerOfPatientID || t == tags::IssuerOfPatientIDQualifiersSequence;
        };
        if (!numbered || c->modifier == modifier::missing || std::ranges::none_of(untold, is_issuer))
            return false;
        return !record.source->patient_namespace.empty() ||
               std::ranges::any_of(c->any_of, [](criterion_value const& value) {
                   auto const* const number = std::get_if<token>(&value);
                   auto const* const who = std::get_if<reference_value>(&value);
                   return (number && number->system) || (who && who->known_as);
               });
    }

    verdict of(study_record const& record, std::span<tag const> untold) const
    {
        thread_local std::string buffer;
        looker look(*this, record);
        bool known = record.known_to(c->row->at) && !(record.partial && c->row->at != level::study);
        if (about_patient()) {
            tables::visit_patient(record, patient_element(), buffer, look);
        } else if (c->push() == push::modality) {
            known = tables::modalities_known(record);
            tables::modalities(record, look, false);
        } else {
            for (auto const element : c->row->elements)
                if (!element.empty())
                    tables::visit(record, element, buffer, look);
        }
        if (!untold.empty() && wants(untold)) {
            known = false;
            // Half a point in time would be another one.
            if (c->type() == parameter_type::date && c->modifier != modifier::missing)
                return verdict::open;
        }
        if (is_of_targets()) {
            auto const lacks = is_negated() && !untold.empty() && wants(untold);  // what was not told may be there
            return look.found && !lacks ? verdict::yes : known ? verdict::no : verdict::open;
        }
        if (look.found && misses_issuer(record, untold))
            return verdict::open;
        if (look.found)
            return is_negated() ? verdict::no : verdict::yes;
        return !known ? verdict::open : is_negated() ? verdict::yes : verdict::no;
    }
};

judge::judge(std::span<criterion const> criteria)
{
    for (auto const& c : criteria)
        criteria_.emplace_back(c);
}

judge::~judge() = default;
judge::judge(judge&&) noexcept = default;

verdict judge::of(study_record const& record, std::span<tag const> untold) const
{
    auto all = verdict::yes;
    for (auto const& c : criteria_) {
        auto const one = c.of(record, untold);
        if (one == verdict::no)
            return verdict::no;
        if (one == verdict::open)
            all = verdict::open;
    }
    return all;
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

bool is_one_of(study_record const& record, std::span<issued_id const> ids)
{
    return std::ranges::any_of(ids, [&](auto const& id) { return tables::is_patient(record, id.system, id.value); });
}

level judge::depth() const
{
    auto deepest = level::study;
    for (auto const& c : criteria_)
        deepest = std::max(deepest, c.c->row->at);
    return deepest;
}

}  // namespace pons::mapping::search
