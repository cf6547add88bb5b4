#pragma once

#include "mapping/search/judge.hpp"
#include "mapping/search/name_criterion.hpp"
#include "mapping/search/token_match.hpp"
#include "mapping/tables/imaging_study.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// For the files of `judge` alone: whether one criterion holds, and what that hangs on.
namespace pons::mapping::search {

inline fhir::reference const& reference_in(fhir::value const& v)
{
    auto const* const performer = std::get_if<fhir::performer>(&v);
    return performer ? performer->actor : std::get<fhir::reference>(v);
}

/// PN.
inline std::string_view name_in(fhir::value const& v)
{
    auto const* const name = std::get_if<fhir::human_name>(&v);
    return name ? name->person_name : reference_in(v).person_name;
}

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

    /// Attributes without which it may not hold.
    std::vector<tag> deciding() const;
    /// See `judge::lacking`, of one criterion that says no.
    std::vector<std::vector<tag>> lacking(study_record const& record) const;

    // Of those two.
    bool is_decided_by(tag t) const;
    bool time_may_decide(study_record const& record) const;
    bool is_told(study_record const& record, series_record const& series) const;
    std::vector<std::vector<tag>> lacking_of_study(study_record const& record) const;
    std::vector<std::vector<tag>> lacking_below(study_record const& record) const;

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
        if (c->row->name == "status" && !tables::status_known(record))
            return verdict::open;
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

}  // namespace pons::mapping::search
