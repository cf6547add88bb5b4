#include "proxy/fhir/explain.hpp"

#include "mapping/errc.hpp"
#include "proxy/crosswalk.hpp"
#include "proxy/fhir/admit.hpp"
#include "proxy/fhir/explain/source_plan.hpp"
#include "proxy/fhir/patients.hpp"
#include "proxy/http/text.hpp"
#include "proxy/sources.hpp"
#include "upstream/guard/gate.hpp"

#include <algorithm>
#include <exception>
#include <optional>

namespace pons::proxy::fhir {

namespace {

using mapping::search::parameter;
using mapping::search::summary;

std::string_view name_of(mapping::level at)
{
    return at == mapping::level::study ? "study" : at == mapping::level::series ? "series" : "instance";
}

/// What becomes of the studies that match.
std::vector<std::string> describe_result(service const& s, understood const& u)
{
    auto const& asked = u.asked;
    std::vector<std::string> all;
    if (asked.summary == summary::count) {
        all.emplace_back("only their number: every candidate is judged");
        return all;
    }
    auto const shape = shape_of(asked, s.settings.fhir.search_depth);
    auto const wanted = wanted_for(s, u, shape);
    all.push_back("a page of " + std::to_string(wanted.count) + " studies" +
                  (u.after ? ", after the last one of the page before" : ""));
    all.emplace_back(asked.sort.empty() ? "by started, newest first; those without it last"
                     : upstream::order(asked.sort).walks_back()
                         ? "by started, newest first, as asked for"
                         : "sorted as asked for, for which all matches are looked at");
    all.push_back("entries down to the " + std::string(name_of(shape.depth)) + " level");
    if (wanted.everything)
        all.push_back("their exact number: all matches are looked at, up to " +
                      std::to_string(s.settings.fhir.max_candidates));
    if (asked.summary != summary::none || !asked.elements.empty())
        all.emplace_back("cut down by _summary or _elements");
    if (asked.include_endpoint)
        all.emplace_back("with the Endpoints that they refer to");
    return all;
}

/// A service without archives, as `explain` needs it.
service make_service(config::settings const& settings, page_sealer const& sealer)
{
    service s{settings, sealer, {}, {}};
    for (auto const& source : settings.sources)
        s.sources.push_back({.where = nullptr,
                             .facts = make_facts(settings, source),
                             .abilities = make_abilities(source.quirks),
                             .limit = nullptr,
                             .series_by_uid_list = source.quirks.series_by_uid_list,
                             .width = source.limits.associations,
                             .max_rows = source.limits.max_rows,
                             .patience = source.timeouts.search,
                             .omits_empty = source.kind == config::source_kind::dicomweb,
                             .gate = std::make_shared<upstream::gate>(source),
                             .trace = nullptr,
                             .traced = nullptr});
    return s;
}

}  // namespace

/// "ImagingStudy?…" or "Patient/{id}/ImagingStudy?…", with whatever stands in front.
result<std::vector<parameter>> read_request(std::string_view request)
{
    auto const question = std::min(request.find('?'), request.size());
    auto path = request.substr(0, question);
    auto const take_last = [&] {
        auto const slash = path.rfind('/');
        auto const segment = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
        path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
        return segment;
    };
    if (take_last() != "ImagingStudy")
        return fail(mapping::errc::invalid_value, "the request: write ImagingStudy?parameter=value");
    auto parameters = mapping::search::split_query(request.substr(std::min(question + 1, request.size())));
    auto const id = http::percent_decoded(take_last());
    if (take_last() == "Patient" && id)
        parameters.emplace_back("patient", patient_reference(*id));
    return parameters;
}

awaitable<result<explanation>> explain(service& s, std::span<parameter const> parameters, bool strict, shown how,
                                       time_point deadline)
{
    auto u = understand(s, parameters, strict);
    if (!u)
        co_return tl::unexpected(u.error());
    explanation out;
    auto const refused = [&](failure const& why) { out.refusal = why.where + ": " + why.code.message(); };
    result<void> const resolved = co_await resolve_patients(s, u->asked, deadline);
    auto const chosen = choose_sources(s, u->asked);
    if (!resolved)
        refused(resolved.error());
    else if (auto const admitted = admit(s, u->asked, chosen.asked); !admitted)
        refused(admitted.error());
    out.patients = describe_references(u->asked, how.values);
    for (auto const& source : s.sources) {
        auto const settings = std::ranges::find(s.settings.sources, source.facts->name, &config::source::name);
        if (settings == s.settings.sources.end())
            continue;
        auto const left = std::ranges::find(chosen.not_asked, &source, &upstream::left_out::source);
        source_asked const at{.settings = *settings,
                              .source = source,
                              .why_not = left == chosen.not_asked.end() ? std::string() : left->why,
                              .remark = chosen.remark,
                              .resolved = resolved.has_value(),
                              .sources = chosen.asked.size()};
        out.sources.push_back(explain_source(s, *u, at, how));
    }
    for (auto const& c : u->asked.criteria)
        out.judged.push_back(c.name() + ", at " + std::string(name_of(c.row->at)) + " level");
    out.results = describe_result(s, *u);
    for (auto const& i : u->asked.issues)
        out.ignored.push_back(i.text);
    co_return out;
}

result<explanation> explain(config::settings const& settings, std::string_view request)
{
    auto const parameters = read_request(request);
    if (!parameters)
        return tl::unexpected(parameters.error());
    if (std::ranges::find(*parameters, "_page", &parameter::first) != parameters->end())
        return fail(mapping::errc::invalid_value, "_page, which only the server that gave the link can open");
    page_sealer const sealer("explain");
    auto s = make_service(settings, sealer);
    auto const make = prepare_crosswalk(settings, std::make_shared<upstream::crosswalk_counts>());
    if (!make)
        return tl::unexpected(make.error());
    s.crosswalk = (*make)();
    asio::io_context context{1};
    std::optional<result<explanation>> done;
    std::exception_ptr bug;
    asio::co_spawn(context,
                   explain(s, *parameters, false, {.values = true, .addresses = true},
                           clock::now() + settings.http.request_timeout),
                   [&](std::exception_ptr thrown, result<explanation> how) {
                       bug = thrown;
                       done = std::move(how);
                       s.crosswalk.reset();  // with its connections, which would keep the context running
                   });
    context.run();
    if (bug)
        std::rethrow_exception(bug);
    return std::move(*done);
}

}  // namespace pons::proxy::fhir
