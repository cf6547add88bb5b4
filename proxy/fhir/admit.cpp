#include "proxy/fhir/admit.hpp"

#include "mapping/errc.hpp"
#include "mapping/search/judge.hpp"
#include "mapping/search/plan.hpp"
#include "proxy/fhir/patients.hpp"

#include <algorithm>
#include <iterator>
#include <set>

namespace pons::proxy::fhir {

namespace {

using mapping::search::criterion;
using upstream::searched_source;

bool is_bare_patient(criterion const& c)
{
    using namespace mapping::search;
    if (c.chain || c.push() != push::patient_id || c.type() != parameter_type::reference ||
        c.modifier == modifier::missing)
        return false;
    return std::ranges::any_of(c.any_of, [](criterion_value const& value) {
        auto const& reference = std::get<reference_value>(value);
        return !reference.foreign && (reference.type.empty() || reference.type == "Patient");
    });
}

bool share_an_issuer(std::vector<searched_source*> const& sources)
{
    std::set<std::string_view> systems;
    for (auto const* const source : sources)
        systems.insert(source->facts->patient_system);
    return systems.size() <= 1 && !systems.contains({});
}

}  // namespace

upstream::choice choose_sources(service& s, mapping::search::request const& asked)
{
    std::vector<criterion> by_endpoint;
    for (auto const& c : asked.criteria)
        if (c.row->name == "endpoint")
            by_endpoint.push_back(c);
    mapping::search::judge const judge(by_endpoint);
    std::vector<searched_source*> chosen;
    std::vector<upstream::left_out> others;
    for (auto& source : s.sources) {
        mapping::study_record nothing;
        nothing.source = source.facts.get();
        if (judge.of(nothing) == mapping::search::verdict::yes)
            chosen.push_back(&source);
        else
            others.push_back({&source, "its Endpoints do not meet the endpoint criterion"});
    }
    auto choice =
        upstream::choose_sources(std::move(chosen), s.settings.federation, upstream::certain_of(asked.criteria));
    std::ranges::move(others, std::back_inserter(choice.not_asked));
    return choice;
}

std::vector<searched_source*> sources_for(service& s, mapping::search::request const& asked)
{
    return choose_sources(s, asked).asked;
}

result<void> admit(service const& s, mapping::search::request const& asked,
                   std::vector<searched_source*> const& sources)
{
    if (auto const issuers = check_issuers(asked, sources); !issuers)
        return issuers;
    if (sources.size() > 1 && names_bare_patient(asked) && !is_resolved(asked) && !share_an_issuer(sources))
        return fail(mapping::errc::ambiguous_patient, "patient, asked of sources that do not share an issuer");
    if (s.settings.fhir.allow_unbounded)
        return {};
    for (auto const* const source : sources) {
        auto const plan = plan_for(s, asked, *source);
        if (!plan.impossible && plan.reach == mapping::search::reach::unbounded)
            return fail(mapping::errc::too_costly,
                        "narrow the search by patient, patient.identifier, identifier, _id, or a range of started");
    }
    return {};
}

mapping::search::plan plan_for(service const& s, mapping::search::request const& asked, searched_source const& source)
{
    auto plan = mapping::search::make_plan(asked.criteria, *source.facts, source.abilities);
    if (!s.settings.fhir.allow_unbounded)
        mapping::search::settle_for_names(plan);
    return plan;
}

bool names_bare_patient(mapping::search::request const& asked)
{
    return std::ranges::any_of(asked.criteria, is_bare_patient);
}

}  // namespace pons::proxy::fhir
