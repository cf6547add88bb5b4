#include "proxy/fhir/search.hpp"

#include "mapping/errc.hpp"
#include "mapping/fhir/bundle.hpp"
#include "mapping/fhir/endpoint.hpp"
#include "proxy/fhir/federate.hpp"
#include "proxy/fhir/outcome.hpp"
#include "proxy/http/accept.hpp"

#include <algorithm>
#include <set>

namespace pons::proxy::fhir {

namespace {

using mapping::search::parameter;
using mapping::search::request;
using mapping::search::summary;

/// A search as it came, and where it goes on.
struct understood {
    request asked;
    std::optional<page_position> page;
    std::int64_t now = 0;
};

/// The parameters of query and form body together (FHIR R4 §3.1.1.3).
result<std::vector<parameter>> read_parameters(http::request const& req)
{
    auto all = mapping::search::split_query(req.query);
    if (req.method != http::verb::post)
        return all;
    auto const type = req.header("content-type");
    if (!req.body.empty() && type.substr(0, type.find(';')) != "application/x-www-form-urlencoded")
        return fail(mapping::errc::unsupported_media, "Content-Type");
    for (auto& p : mapping::search::split_query(req.body))
        all.push_back(std::move(p));
    return all;
}

result<understood> understand(service const& s, http::request const& req, std::vector<parameter> const& parameters,
                              std::string_view base)
{
    understood u;
    u.now = now_in_microseconds();
    mapping::search::parse_options options{
        .base = base,
        .strict = http::preference(req.header("prefer"), "handling") == "strict",
        .max_count = s.settings.fhir.max_count,
        .now = u.now};
    auto asked = mapping::search::parse(parameters, options);
    if (!asked)
        return tl::unexpected(asked.error());
    if (!asked->page.empty()) {
        auto page = s.sealer.open(asked->page);
        if (!page)
            return tl::unexpected(page.error());
        options.now = u.now = page->now;
        asked = mapping::search::parse(mapping::search::split_query(page->query), options);
        if (!asked)
            return tl::unexpected(asked.error());
        u.page = std::move(*page);
    }
    for (auto const& element : asked->elements)
        if (!mapping::fhir::is_element(element)) {
            if (options.strict)
                return fail(mapping::errc::unknown_parameter, "_elements");
            asked->issues.push_back({issue::kind::not_supported, "_elements names an element that ImagingStudy does not have"});
            break;
        }
    u.asked = std::move(*asked);
    return u;
}

search_wanted wanted_for(service const& s, understood const& u, mapping::fhir::shape const& shape)
{
    search_wanted wanted{.order = upstream::order(u.asked.sort),
                         .after = {},
                         .count = u.asked.count.value_or(s.settings.fhir.default_count),
                         .everything = u.asked.summary == summary::count || u.asked.total == mapping::search::total::accurate,
                         .depth = shape.depth,
                         .counts_shown = u.asked.summary != summary::text && u.asked.elements.empty(),
                         .now = u.now};
    for (auto const& element : u.asked.elements)
        wanted.counts_shown = wanted.counts_shown || element == "modality" || element.starts_with("numberOf");
    if (u.page)
        wanted.after = u.page->last;
    if (u.asked.summary == summary::count) {
        wanted.count = 0;
        wanted.depth = mapping::level::study;
    }
    return wanted;
}

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

void write_remarks(mapping::fhir::searchset_writer& bundle, mapping::fhir::writer& w, std::vector<issue> const& remarks)
{
    if (remarks.empty())
        return;
    std::vector<mapping::fhir::outcome_issue> issues;
    for (auto const& remark : remarks)
        if (auto one = mapping::fhir::to_outcome_issue(remark);
            std::ranges::none_of(issues, [&](auto const& known) { return known.diagnostics == one.diagnostics; }))
            issues.push_back(std::move(one));
    bundle.begin_entry({}, {});
    mapping::fhir::write_outcome(w, "resource", {}, issues);
    bundle.end_entry("outcome");
}

http::response to_bundle(service const& s, understood const& u, search_found const& found,
                         mapping::fhir::shape const& shape, answer_format const& as, std::string const& base)
{
    auto const query = mapping::search::to_query(u.asked.used);
    auto self = base + "/ImagingStudy";
    if (u.page)
        self += "?_page=" + s.sealer.seal(*u.page);
    else if (!query.empty())
        self += "?" + query;
    std::string next;
    if (found.more && !found.studies.empty())
        next = base + "/ImagingStudy?_page=" +
               s.sealer.seal({.query = query, .last = upstream::position_of(found.studies.back()), .now = u.now});

    http::response answer;
    answer.content_type = as.content_type;
    answer.body.reserve(2048 + found.studies.size() * 2048);
    mapping::fhir::writer w(answer.body, as.as, as.pretty);
    auto const total = u.asked.total == mapping::search::total::none ? std::nullopt : found.total;
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
    auto const base = s.base_of(x.req);
    auto const u = understand(s, x.req, parameters, base);
    if (!u)
        co_return tl::unexpected(u.error());
    if (u->asked.summary == summary::text && u->asked.include_endpoint)
        co_return fail(mapping::errc::invalid_value, "_summary=text cannot be combined with _include");
    if (auto const admitted = admit(s, u->asked, sources_for(s, u->asked)); !admitted)
        co_return tl::unexpected(admitted.error());

    auto const shape = shape_of(u->asked, s.settings.fhir.search_depth);
    auto wanted = wanted_for(s, *u, shape);
    auto const found = co_await search_all(s, u->asked, std::move(wanted), x.deadline);
    if (!found)
        co_return tl::unexpected(found.error());
    if (x.remarks) {
        x.remarks->emplace_back("studies", std::to_string(found->studies.size()));
        x.remarks->emplace_back("queries", std::to_string(found->queries));
    }
    co_return to_bundle(s, *u, *found, shape, as, base);
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
    patient.emplace_back("patient", x.path_parameters.at(0));
    co_return co_await answer_search(s, x, std::move(patient));
}

}  // namespace pons::proxy::fhir
