#include "mapping/codecs/code.hpp"
#include "mapping/codecs/folding.hpp"
#include "mapping/errc.hpp"
#include "mapping/fhir/bundle.hpp"
#include "mapping/fhir/endpoint.hpp"
#include "mapping/search/parameter.hpp"
#include "mapping/search/query_string.hpp"
#include "proxy/fhir/outcome.hpp"
#include "proxy/fhir/read.hpp"
#include "proxy/http/accept.hpp"

#include <algorithm>

namespace pons::proxy::fhir {

namespace {

using mapping::endpoint_facts;
using mapping::search::parameter;

struct token_of_endpoint {
    std::string_view system;
    std::string_view code;
};

/// "code", "system|code", "|code", "system|" against a code.
bool token_matches(std::string_view value, token_of_endpoint const& t)
{
    auto const bar = value.find('|');
    if (bar == std::string_view::npos)
        return value == t.code;
    auto const code = value.substr(bar + 1);
    return value.substr(0, bar) == t.system && (code.empty() ? bar != 0 : code == t.code);
}

bool holds(std::string_view name, std::string_view value, endpoint_facts const& endpoint)
{
    if (name == "_id")
        return value == endpoint.id;
    if (name == "connection-type")
        return token_matches(value, {mapping::fhir::connection_type_system, endpoint.connection_type});
    if (name == "status")
        return token_matches(value, {"http://hl7.org/fhir/endpoint-status", "active"});
    if (name == "payload-type")
        return token_matches(value, {"http://terminology.hl7.org/CodeSystem/endpoint-payload-type", "any"}) ||
               token_matches(value, {mapping::codecs::system_dcm, "113014"});
    using mapping::codecs::folding;
    return mapping::codecs::fold(endpoint.name, folding::search).starts_with(mapping::codecs::fold(value, folding::search));
}

struct endpoint_search {
    std::vector<parameter> used;
    std::vector<issue> issues;
    std::vector<endpoint_facts const*> found;
    bool count_only = false;
};

result<endpoint_search> search(service const& s, http::request const& req)
{
    auto parameters = mapping::search::split_query(req.query);
    if (req.method == http::verb::post) {
        auto const type = req.header("content-type");
        if (!req.body.empty() && type.substr(0, type.find(';')) != "application/x-www-form-urlencoded")
            return fail(mapping::errc::unsupported_media, "Content-Type");
        for (auto& p : mapping::search::split_query(req.body))
            parameters.push_back(std::move(p));
    }
    bool const strict = http::preference(req.header("prefer"), "handling") == "strict";
    endpoint_search out;
    for (auto const& source : s.sources)
        for (auto const& endpoint : source.facts->endpoints)
            out.found.push_back(&endpoint);
    for (auto const& p : parameters) {
        auto const& [name, value] = p;
        if (value.empty())
            continue;
        if (name == "_format" || name == "_pretty" || name == "_count" || name == "_summary") {
            out.count_only = out.count_only || (name == "_summary" && value == "count") || (name == "_count" && value == "0");
            out.used.push_back(p);
            continue;
        }
        auto const known = std::string_view(name).substr(0, name.find(':'));
        if (std::ranges::none_of(mapping::search::endpoint_parameters(), [&](auto const& row) { return row.name == known; })) {
            if (strict)
                return fail(mapping::errc::unknown_parameter, name);
            out.issues.push_back({issue::kind::not_supported, "the parameter " + name + " is not known here and was ignored"});
            continue;
        }
        if (known != name)
            return fail(mapping::errc::unsupported_modifier, name);
        auto const alternatives = mapping::search::split_escaped(value, ',');
        std::erase_if(out.found, [&](endpoint_facts const* endpoint) {
            return std::ranges::none_of(alternatives, [&](auto one) { return holds(name, one, *endpoint); });
        });
        out.used.push_back(p);
    }
    return out;
}

}  // namespace

awaitable<http::response> search_endpoint(service& s, http::exchange const& x)
{
    auto const as = negotiate(x.req);
    if (!as)
        co_return to_response(as.error(), {}, x.id);
    auto const found = search(s, x.req);
    if (!found)
        co_return to_response(found.error(), *as, x.id);
    auto const base = s.base_of(x.req);
    auto const query = mapping::search::to_query(found->used);
    http::response answer;
    answer.content_type = as->content_type;
    mapping::fhir::writer w(answer.body, as->as, as->pretty);
    mapping::fhir::searchset_writer bundle(w, static_cast<std::uint32_t>(found->found.size()),
                                           base + "/Endpoint" + (query.empty() ? "" : "?" + query), {}, found->count_only);
    if (!found->count_only)
        for (auto const* const endpoint : found->found) {
            bundle.begin_entry(base, "/Endpoint/" + endpoint->id);
            mapping::fhir::write_endpoint(w, "resource", *endpoint);
            bundle.end_entry("match");
        }
    if (!found->issues.empty()) {
        std::vector<mapping::fhir::outcome_issue> issues;
        for (auto const& remark : found->issues)
            issues.push_back(mapping::fhir::to_outcome_issue(remark));
        bundle.begin_entry({}, {});
        mapping::fhir::write_outcome(w, "resource", {}, issues);
        bundle.end_entry("outcome");
    }
    bundle.end();
    co_return answer;
}

}  // namespace pons::proxy::fhir
