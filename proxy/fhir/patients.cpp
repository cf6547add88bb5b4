#include "proxy/fhir/patients.hpp"

#include "mapping/codecs/identifier.hpp"
#include "mapping/errc.hpp"
#include "mapping/search/judge.hpp"
#include "upstream/crosswalk/errc.hpp"
#include "upstream/fan_out.hpp"

#include <algorithm>

namespace pons::proxy::fhir {

namespace {

using mapping::search::criterion;
using mapping::search::reference_value;
using mapping::search::request;
using upstream::crosswalk_errc;

constexpr std::size_t lookups_at_once = 4;

bool is_by_reference(criterion const& c)
{
    using namespace mapping::search;
    return !c.chain && c.push() == push::patient_id && c.type() == parameter_type::reference &&
           c.modifier != modifier::missing;
}

/// Calls `f` with each value of `asked` that refers to a patient, whether it is one of ours or not.
template <class Request, class F>
void for_each_reference(Request& asked, F const& f)
{
    for (auto& c : asked.criteria)
        if (is_by_reference(c))
            for (auto& value : c.any_of)
                f(std::get<reference_value>(value));
}

/// The EHR's id in a reference; empty when it is not one to the EHR's Patients.
std::string_view patient_in(reference_value const& reference, std::string_view base)
{
    if (!reference.foreign)
        return reference.type.empty() || reference.type == "Patient" ? std::string_view(reference.id)
                                                                     : std::string_view();
    constexpr std::string_view patient = "/Patient/";
    std::string_view rest = reference.id;
    if (base.empty() || !rest.starts_with(base) || !rest.substr(base.size()).starts_with(patient))
        return {};
    rest.remove_prefix(base.size() + patient.size());
    return rest.substr(0, rest.find("/_history/"));
}

/// The reference as it goes out again: one version of the record is not meant.
std::string literal_of(reference_value const& reference)
{
    return reference.foreign ? reference.id.substr(0, reference.id.find("/_history/")) : "Patient/" + reference.id;
}

/// Whether it can stand in a path; one of dots alone would lead elsewhere (RFC 3986 §5.2.4).
bool is_usable(std::string_view id)
{
    return mapping::codecs::is_fhir_id(id) && id != "." && id != "..";
}

struct lookup {
    std::string id;
    upstream::known_patient found;
    bool unknown = false;
};

awaitable<result<void>> look_up(upstream::crosswalk& where, lookup& one, time_point deadline)
{
    if (!is_usable(one.id)) {
        one.unknown = true;
        co_return result<void>();
    }
    auto found = co_await where.resolve(one.id, deadline);
    if (found)
        one.found = std::move(*found);
    else if (found.error().code == crosswalk_errc::unknown_patient)
        one.unknown = true;
    else
        co_return tl::unexpected(found.error());
    co_return result<void>();
}

bool is_issuer(service const& s, std::string_view system)
{
    return std::ranges::any_of(s.settings.sources, [&](auto const& source) { return source.issuer.system == system; });
}

}  // namespace

awaitable<result<void>> resolve_patients(service const& s, request& asked, time_point deadline)
{
    if (!s.crosswalk)
        co_return result<void>();
    auto const& base = s.settings.crosswalk.base;
    std::vector<lookup> lookups;
    bool elsewhere = false;
    for_each_reference(asked, [&](reference_value const& reference) {
        auto const id = patient_in(reference, base);
        elsewhere = elsewhere || (id.empty() && reference.foreign);
        if (!id.empty() && std::ranges::find(lookups, id, &lookup::id) == lookups.end())
            lookups.push_back({.id = std::string(id), .found = {}, .unknown = false});
    });
    if (lookups.size() > most_references)
        co_return fail(mapping::errc::too_long,
                       "more than " + std::to_string(most_references) + " references to patients");
    auto one = [&](std::size_t i) { return look_up(*s.crosswalk, lookups[i], deadline); };
    result<void> const done = co_await upstream::fan_out(lookups.size(), lookups_at_once, one);
    if (!done)
        co_return done;

    bool const any_unknown = std::ranges::any_of(lookups, &lookup::unknown);
    if (any_unknown && s.settings.crosswalk.unknown == config::unknown_patient::refuse)
        co_return fail(crosswalk_errc::unknown_patient, "patient");
    for_each_reference(asked, [&](reference_value& reference) {
        auto const known = std::ranges::find(lookups, patient_in(reference, base), &lookup::id);
        reference.known_as.emplace();
        if (known != lookups.end())
            reference.known_as = known->found.ids;
    });
    auto const remark = [&](std::string text) { asked.issues.push_back({issue::kind::incomplete, std::move(text)}); };
    if (any_unknown)
        remark(
            "the patient crosswalk does not know a patient that was asked for, so no archive was asked about them; "
            "this does not say that there are no studies");
    if (elsewhere)
        remark(
            "a reference to a patient is to a server that the patient crosswalk does not cover, and was not looked "
            "for");
    auto const of_no_source = [&](lookup const& l) {
        return !l.unknown && std::ranges::none_of(l.found.ids, [&](auto const& id) { return is_issuer(s, id.system); });
    };
    if (std::ranges::any_of(lookups, of_no_source))
        remark(
            "the patient crosswalk gives a patient that was asked for no identifier that a source issues, so no "
            "archive was asked about them; this does not say that there are no studies");
    co_return result<void>();
}

bool is_resolved(request const& asked)
{
    bool resolved = false;
    for_each_reference(asked, [&](reference_value const& reference) { resolved = resolved || reference.known_as; });
    return resolved;
}

std::vector<std::string> describe_references(request const& asked, bool values)
{
    std::vector<std::string> all;
    for_each_reference(asked, [&](reference_value const& reference) {
        if (!reference.known_as)
            return;
        auto text = (values ? literal_of(reference) : std::string("a patient")) +
                    (reference.known_as->empty() ? " is known by no id" : " is known as");
        std::string_view separator = " ";
        for (auto const& id : *reference.known_as) {
            text.append(separator).append(id.system).append("|").append(values ? std::string_view(id.value) : "…");
            separator = ", ";
        }
        all.push_back(std::move(text));
    });
    return all;
}

result<void> check_issuers(request const& asked, std::vector<upstream::searched_source*> const& sources)
{
    if (!is_resolved(asked))
        return {};
    for (auto const* const source : sources)
        if (source->facts->patient_system.empty())
            return fail(crosswalk_errc::no_issuer, "source " + source->facts->name);
    return {};
}

bool are_one_patient(request const& asked, mapping::study_record const& a, mapping::study_record const& b)
{
    bool one = false;
    for_each_reference(asked, [&](reference_value const& reference) {
        one = one || (reference.known_as && mapping::search::is_one_of(a, *reference.known_as) &&
                      mapping::search::is_one_of(b, *reference.known_as));
    });
    return one;
}

references::references(request const& asked)
{
    for_each_reference(asked, [&](reference_value const& reference) {
        if (!reference.known_as || reference.known_as->empty())
            return;
        all_.emplace_back(literal_of(reference), *reference.known_as);
    });
}

void references::write_into(std::vector<mapping::study_record>& studies) const
{
    for (auto& study : studies)
        for (auto const& [literal, ids] : all_)
            if (mapping::search::is_one_of(study, ids)) {
                study.asked_as = literal;
                break;
            }
}

}  // namespace pons::proxy::fhir
