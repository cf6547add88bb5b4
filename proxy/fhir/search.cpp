#include "proxy/fhir/search.hpp"

#include "mapping/fhir/bundle.hpp"
#include "mapping/fhir/endpoint.hpp"
#include "proxy/fhir/outcome.hpp"
#include "proxy/fhir/patients.hpp"
#include "proxy/fhir/understand.hpp"
#include "proxy/http/accept.hpp"

#include <algorithm>
#include <set>

namespace pons::proxy::fhir {

namespace {

using mapping::search::parameter;
using mapping::search::summary;

/// Each Endpoint that a study of the page refers to, once (FHIR R4 §3.1.1.5.5).
void write_endpoints(mapping::fhir::searchset_writer& bundle, mapping::fhir::writer& w, search_found const& found,
                     std::string_view base)
{
    std::set<std::string_view> written;
    auto const write = [&](mapping::source_facts const& holder) {
        for (auto const& endpoint : holder.endpoints) {
            if (!written.insert(endpoint.id).second)
                continue;
            bundle.begin_entry(base, "/Endpoint/" + endpoint.id);
            mapping::fhir::write_endpoint(w, "resource", endpoint);
            bundle.end_entry("include");
        }
    };
    for (auto const& study : found.studies) {
        write(*study.source);
        for (auto const* const holder : study.other_holders)
            write(*holder);
    }
}

http::response to_bundle(service const& s, understood const& u, search_found const& found,
                         mapping::fhir::shape const& shape, answer_format const& as, std::string const& base)
{
    auto const path_of_all = base + "/ImagingStudy";
    auto const self = to_link(path_of_all, u.token.empty() ? u.query : "_page=" + u.token, u.writing);
    std::string next;
    if (found.more && found.last) {
        auto const token = s.sealer.seal({.query = u.query, .last = *found.last, .now = u.now, .missed = found.missed});
        next = to_link(path_of_all, "_page=" + token, u.writing);
    }

    http::response answer;
    answer.content_type = as.content_type;
    answer.body.reserve(2048 + found.studies.size() * 2048);
    mapping::fhir::writer w(answer.body, as.as, as.pretty);
    bool const counted = u.asked.summary == summary::count || u.asked.total != mapping::search::total::none;
    // With a patient whom the crosswalk does not know, none found is no number of studies.
    bool const exact = std::ranges::find(u.asked.issues, issue::kind::incomplete, &issue::what) == u.asked.issues.end();
    auto const total = counted && exact ? found.total : std::nullopt;
    mapping::fhir::searchset_writer bundle(w, total, self, next, u.asked.summary == summary::count);
    std::string path;
    for (auto const& study : found.studies) {
        path.assign("/ImagingStudy/").append(study.uid());
        bundle.begin_entry(base, path);
        mapping::fhir::write_imaging_study(w, "resource", study, shape);
        bundle.end_entry("match");
    }
    if (u.asked.include_endpoint)
        write_endpoints(bundle, w, found, base);
    auto remarks = u.asked.issues;
    remarks.insert(remarks.end(), found.issues.begin(), found.issues.end());
    write_remarks(bundle, w, remarks);
    bundle.end();
    return answer;
}

awaitable<result<http::response>> search(service& s, http::exchange const& x, std::vector<parameter> const& parameters,
                                         answer_format const& as)
{
    bool const strict = http::preference(x.req.header("prefer"), "handling") == "strict";
    auto const u = co_await prepare(s, parameters, strict, x.deadline);
    if (!u)
        co_return tl::unexpected(u.error());

    auto const shape = shape_of(u->asked, s.settings.fhir.search_depth);
    auto wanted = wanted_for(s, *u, shape);
    auto found = co_await search_all(s, u->asked, std::move(wanted), x.deadline);
    if (!found)
        co_return tl::unexpected(found.error());
    references const asked_as(u->asked);
    asked_as.write_into(found->studies);
    if (x.remarks) {
        x.remarks->emplace_back("studies", std::to_string(found->studies.size()));
        x.remarks->emplace_back("queries", std::to_string(found->queries));
    }
    co_return to_bundle(s, *u, *found, shape, as, s.base_of(x.req));
}

awaitable<http::response> answer_search(service& s, http::exchange const& x, std::vector<parameter> more)
{
    auto const as = negotiate(x.req);
    if (!as)
        co_return to_response(as.error(), {}, x.id);
    auto parameters = read_parameters(x.req);
    if (!parameters)
        co_return to_response(parameters.error(), *as, x.id);
    for (auto& p : more)
        parameters->push_back(std::move(p));
    auto answer = co_await search(s, x, *parameters, *as);
    if (!answer)
        co_return to_response(answer.error(), *as, x.id);
    co_return std::move(*answer);
}

}  // namespace

awaitable<http::response> search_imaging_study(service& s, http::exchange const& x)
{
    std::vector<parameter> none;
    co_return co_await answer_search(s, x, std::move(none));
}

awaitable<http::response> search_patient_compartment(service& s, http::exchange const& x)
{
    std::vector<parameter> patient;
    patient.emplace_back("patient", patient_reference(x.path_parameters.at(0)));
    co_return co_await answer_search(s, x, std::move(patient));
}

}  // namespace pons::proxy::fhir
