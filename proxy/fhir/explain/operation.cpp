#include "proxy/fhir/explain/operation.hpp"

#include "mapping/errc.hpp"
#include "mapping/fhir/capability.hpp"
#include "proxy/fhir/explain.hpp"
#include "proxy/fhir/explain/traced_search.hpp"
#include "proxy/fhir/outcome.hpp"
#include "proxy/http/accept.hpp"
#include "proxy/http/text.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace pons::proxy::fhir {

namespace {

using config::explain_offer;
using mapping::search::parameter;

bool is_text(parameter const& p)
{
    return p.first == "_format" && (p.second == "text/plain" || p.second == "text");
}

/// Whether the client would rather have text than a resource.
bool wants_text(http::request const& req, std::vector<parameter> const& parameters)
{
    auto const format = std::ranges::find(parameters, "_format", &parameter::first);
    if (format != parameters.end() && !format->second.empty())
        return is_text(*format);
    constexpr std::array<std::string_view, 5> offers{"application/fhir+json", "application/fhir+xml",
                                                     "application/json", "application/xml", "text/plain"};
    auto const accept = req.header("accept");
    if (accept.empty())
        return false;
    auto const best = http::choose(http::parse_accept(accept), offers);
    return best && offers[*best] == "text/plain";
}

/// Takes `_trace` out of the parameters. Errors: errc::invalid_value; errc::unsupported_parameter when no traces are
/// offered.
result<bool> take_trace(service const& s, std::vector<parameter>& parameters)
{
    bool wanted = false;
    for (auto const& p : parameters) {
        if (p.first != "_trace" || p.second.empty())
            continue;
        if (p.second != "true" && p.second != "false")
            return fail(mapping::errc::invalid_value, "_trace, which is true or false");
        wanted = p.second == "true";
    }
    std::erase_if(parameters, [](parameter const& p) { return p.first == "_trace"; });
    if (wanted && s.settings.fhir.explain != explain_offer::trace)
        return fail(mapping::errc::unsupported_parameter, "_trace, which fhir.explain: trace would allow");
    return wanted;
}

awaitable<result<http::response>> explain_to(service& s, http::exchange const& x, std::vector<parameter> parameters,
                                             answer_format const& as, bool text)
{
    shown const how{.values = s.settings.fhir.explain_values, .addresses = s.settings.fhir.explain_values};
    auto const traced = take_trace(s, parameters);
    if (!traced)
        co_return tl::unexpected(traced.error());
    if (text)
        std::erase_if(parameters, is_text);
    bool const strict = http::preference(x.req.header("prefer"), "handling") == "strict";
    auto const plan = co_await explain(s, parameters, strict, how, x.deadline);
    if (!plan)
        co_return tl::unexpected(plan.error());
    outline run;
    if (*traced) {
        auto const search = co_await trace_search(s, parameters, strict, x.deadline);
        if (!search)
            co_return tl::unexpected(search.error());
        run = to_outline(*search, how);
    }
    http::response answer;
    if (text) {
        answer.content_type = "text/plain; charset=utf-8";
        answer.body = to_text(*plan) + to_text(run);
        co_return answer;
    }
    auto whole = to_outline(*plan);
    std::ranges::move(run.parts, std::back_inserter(whole.parts));
    answer.content_type = as.content_type;
    mapping::fhir::writer w(answer.body, as.as, as.pretty);
    write_parameters(w, whole);
    co_return answer;
}

}  // namespace

std::string explain_url(service const& s)
{
    if (s.settings.fhir.explain == explain_offer::off)
        return {};
    return s.reference_base() + "/OperationDefinition/" + std::string(mapping::fhir::explain_definition_id);
}

awaitable<http::response> explain_imaging_study(service& s, http::exchange const& x)
{
    auto parameters = read_parameters(x.req);
    bool const text = parameters && wants_text(x.req, *parameters);
    auto const as = text ? result<answer_format>(answer_format{}) : negotiate(x.req);
    if (!as)
        co_return to_response(as.error(), {}, x.id);
    if (!parameters)
        co_return to_response(parameters.error(), *as, x.id);
    if (s.settings.fhir.explain == explain_offer::off) {
        failure const none{mapping::make_error_code(mapping::errc::not_found), "$explain", {}};
        co_return to_response(none, *as, x.id);
    }
    auto answer = co_await explain_to(s, x, std::move(*parameters), *as, text);
    if (!answer)
        co_return to_response(answer.error(), *as, x.id);
    co_return std::move(*answer);
}

awaitable<http::response> read_operation_definition(service& s, http::exchange const& x)
{
    auto const as = negotiate(x.req);
    if (!as)
        co_return to_response(as.error(), {}, x.id);
    auto const url = explain_url(s);
    if (url.empty() || x.path_parameters.at(0) != mapping::fhir::explain_definition_id) {
        failure const unknown{mapping::make_error_code(mapping::errc::not_found), "OperationDefinition", {}};
        co_return to_response(unknown, *as, x.id);
    }
    http::response answer;
    answer.content_type = as->content_type;
    mapping::fhir::writer w(answer.body, as->as, as->pretty);
    mapping::fhir::write_explain_definition(w, url);
    co_return answer;
}

}  // namespace pons::proxy::fhir
