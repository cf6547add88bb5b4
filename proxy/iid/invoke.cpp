#include "proxy/iid/invoke.hpp"

#include "mapping/errc.hpp"
#include "proxy/fault.hpp"
#include "proxy/fhir/admit.hpp"
#include "proxy/fhir/federate.hpp"
#include "proxy/iid/page.hpp"
#include "proxy/iid/request.hpp"
#include "proxy/iid/viewer.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace pons::proxy::iid {

namespace {

using mapping::errc;
using mapping::search::parameter;

/// A value as FHIR searches write it (R4 §3.1.1.4.0.1).
std::string as_token(std::string_view value)
{
    std::string out;
    for (char const c : value) {
        if (std::string_view(",|$\\").find(c) != std::string_view::npos)
            out += '\\';
        out += c;
    }
    return out;
}

std::string as_list(std::vector<std::string> const& values)
{
    std::string list;
    for (auto const& value : values)
        list.append(list.empty() ? "" : ",").append(as_token(value));
    return list;
}

/// The system of a patient id by its assigning authority; empty: the id came without one.
/// Errors: not_found: no source has that authority.
result<std::string> system_of(fhir::service const& s, patient_id const& id)
{
    if (!id.universal_id.empty())
        return id.universal_type == "ISO" ? "urn:oid:" + id.universal_id : id.universal_id;
    if (id.name_space.empty())
        return std::string();
    auto const& sources = s.settings.sources;
    auto const known = std::ranges::find_if(sources, [&](auto const& source) {
        return source.issuer.namespace_id == id.name_space && !source.issuer.system.empty();
    });
    if (known == sources.end())
        return fail(errc::not_found, "patientID: no source has this assigning authority");
    return known->issuer.system;
}

/// The same as a FHIR search of ImagingStudy.
result<std::vector<parameter>> to_search(fhir::service const& s, invocation const& i)
{
    std::vector<parameter> search;
    if (!i.study_uids.empty())
        search.emplace_back("_id", as_list(i.study_uids));
    if (!i.accession_numbers.empty())
        search.emplace_back("basedon:identifier", as_list(i.accession_numbers));
    if (!i.of_patient)
        return search;
    auto const system = system_of(s, i.patient);
    if (!system)
        return tl::unexpected(system.error());
    if (system->empty())
        search.emplace_back("patient", fhir::patient_reference(i.patient.id));
    else
        search.emplace_back("patient.identifier", as_token(*system) + '|' + as_token(i.patient.id));
    if (!i.lower_date_time.empty())
        search.emplace_back("started", "ge" + i.lower_date_time);
    if (!i.upper_date_time.empty())
        search.emplace_back("started", "le" + i.upper_date_time);
    if (!i.modalities.empty())
        search.emplace_back("modality", as_list(i.modalities));
    return search;
}

/// What a refusal of the search means to the one who invoked the display: our parameters are not his.
std::string_view name_for(std::string_view where)
{
    return where.starts_with("started")    ? "lowerDateTime or upperDateTime: an XML date or dateTime with a time zone"
           : where.starts_with("modality") ? "modalitiesInStudy"
           : where.starts_with("patient")  ? "patientID"
           : where.starts_with("basedon")  ? "accessionNumber"
           : where.starts_with("_id")      ? "studyUID"
                                           : where;
}

http::response refused(failure const& f)
{
    auto const& fault = fault_of(f);
    auto page = refusal_page(fault.status, std::string(name_for(f.where)) + ": " + f.code.message());
    if (fault.status == http::status::service_unavailable)
        page.headers.emplace_back("Retry-After", std::to_string(std::max<long>(f.retry_after.count(), 5)));
    return page;
}

/// What was asked for by name and is not there; a viewer would show the rest as if it were all.
void tell_missing(invocation const& asked, fhir::search_found& found)
{
    std::size_t missing = 0;
    for (auto const& uid : asked.study_uids)
        missing += std::ranges::none_of(found.studies, [&](auto const& study) { return study.uid() == uid; });
    for (auto const& number : asked.accession_numbers)
        missing += std::ranges::none_of(found.studies, [&](mapping::study_record const& study) {
            auto const& rules = study.source->accession;
            return rules.normal(study.attributes.text(mapping::tags::AccessionNumber)) == rules.normal(number);
        });
    if (missing != 0)
        found.issues.push_back(
            {issue::kind::incomplete, std::to_string(missing) + " of the " +
                                          std::to_string(asked.study_uids.size() + asked.accession_numbers.size()) +
                                          " studies or accession numbers asked for were not found"});
    if (found.more && !asked.most_recent)
        found.issues.push_back({issue::kind::informational, "older studies are not shown"});
}

bool of_several_patients(std::vector<mapping::study_record> const& studies)
{
    namespace tags = mapping::tags;
    std::set<std::pair<std::string_view, std::string_view>> patients;
    for (auto const& study : studies) {
        auto const issuer = study.attributes.text(tags::IssuerOfPatientID);
        patients.emplace(study.attributes.text(tags::PatientID),
                         issuer.empty() ? study.source->patient_system : issuer);
    }
    return patients.size() > 1;
}

http::response to_viewer(fhir::service const& s, config::viewer const& viewer, invocation const& asked,
                         fhir::search_found const& found)
{
    namespace tags = mapping::tags;
    auto const& first = found.studies.front().attributes;
    viewed what{.study_uids = {},
                .accession_number = std::string(first.text(tags::AccessionNumber)),
                .patient_id = std::string(first.text(tags::PatientID)),
                .dicomweb = s.settings.http.public_url + "/dicomweb",
                .diagnostic_quality = asked.diagnostic_quality,
                .key_images_only = asked.key_images_only};
    auto const address = [&](viewed const& v) { return to_address(viewer, v); };
    bool const incomplete =
        std::ranges::any_of(found.issues, [](issue const& i) { return i.what == issue::kind::incomplete; });
    if (incomplete) {
        std::vector<shown_study> shown;
        for (auto const& study : found.studies) {
            what.study_uids = std::vector<std::string>(1, std::string(study.uid()));
            shown.push_back({&study, address(what)});
        }
        return display_page(shown, found.issues, what.dicomweb);
    }
    for (auto const& study : found.studies)
        what.study_uids.emplace_back(study.uid());
    http::response answer{.status = http::status::see_other, .content_type = {}, .body = {}, .headers = {}};
    answer.headers.emplace_back("Location", address(what));
    answer.headers.emplace_back("Referrer-Policy", "no-referrer");
    answer.headers.emplace_back("Cache-Control", "no-store");
    return answer;
}

awaitable<result<http::response>> display(fhir::service& s, http::exchange const& x)
{
    auto const asked = read_invocation(mapping::search::split_query(x.req.query));
    if (!asked)
        co_return tl::unexpected(asked.error());
    auto const parameters = to_search(s, *asked);
    if (!parameters)
        co_return tl::unexpected(parameters.error());
    auto const base = s.reference_base();
    auto const now = fhir::now_in_microseconds();
    auto const search = mapping::search::parse(
        *parameters, {.base = base, .strict = false, .max_count = s.settings.fhir.max_count, .now = now});
    if (!search)
        co_return tl::unexpected(search.error());
    if (auto const admitted = fhir::admit(s, *search, fhir::sources_for(s, *search)); !admitted)
        co_return tl::unexpected(admitted.error());

    auto const* const viewer = choose_viewer(s.settings.viewers, asked->viewer_type);
    // All that a STUDY request names; of a PATIENT the most recent ones.
    auto const most =
        asked->of_patient ? asked->most_recent.value_or(s.settings.fhir.default_count) : s.settings.fhir.max_count;
    fhir::search_wanted wanted{.order = upstream::order(search->sort),
                               .after = {},
                               .count = std::min(most, s.settings.fhir.max_count),
                               .everything = false,
                               .depth = viewer ? mapping::level::study : mapping::level::series,
                               .counts_shown = viewer == nullptr,
                               .now = now};
    auto found = co_await fhir::search_all(s, *search, std::move(wanted), x.deadline);
    if (!found)
        co_return tl::unexpected(found.error());
    if (found->studies.empty())
        co_return fail(errc::not_found, "the request");
    if (!asked->accession_numbers.empty() && of_several_patients(found->studies))
        co_return refusal_page(http::status::conflict,
                               "The accession number belongs to studies of several patients. Ask by studyUID instead.");
    tell_missing(*asked, *found);
    if (x.remarks)
        x.remarks->emplace_back("studies", std::to_string(found->studies.size()));
    if (viewer)
        co_return to_viewer(s, *viewer, *asked, *found);
    if (asked->diagnostic_quality || asked->key_images_only)
        found->issues.push_back(
            {issue::kind::informational, "All series are shown here, as previews that are not of diagnostic quality."});
    std::vector<shown_study> shown;
    for (auto const& study : found->studies)
        shown.push_back({&study, {}});
    co_return display_page(shown, found->issues, s.settings.http.public_url + "/dicomweb");
}

awaitable<http::response> invoke(std::shared_ptr<fhir::service> s, http::exchange const& x)
{
    auto answer = co_await display(*s, x);
    if (!answer)
        co_return refused(answer.error());
    co_return std::move(*answer);
}

}  // namespace

std::vector<http::route> make_routes(std::shared_ptr<fhir::service> s)
{
    return {{.verbs = {http::verb::get},
             .pattern = "/IHEInvokeImageDisplay",
             .name = "iid",
             .handler = [s = std::move(s)](http::exchange const& x) { return invoke(s, x); }}};
}

}  // namespace pons::proxy::iid
