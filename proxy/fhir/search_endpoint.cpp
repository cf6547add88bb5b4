#include "mapping/codecs/code.hpp"
#include "mapping/codecs/folding.hpp"
#include "mapping/errc.hpp"
#include "mapping/fhir/bundle.hpp"
#include "mapping/fhir/endpoint.hpp"
#include "mapping/search/parameter.hpp"
#include "mapping/search/query_string.hpp"
#include "proxy/fhir/endpoint_criteria.hpp"
#include "proxy/fhir/endpoints.hpp"
#include "proxy/fhir/outcome.hpp"
#include "proxy/fhir/read.hpp"
#include "proxy/http/accept.hpp"

#include <algorithm>

namespace pons::proxy::fhir {

namespace {

using mapping::endpoint_facts;
using mapping::search::parameter;

struct endpoint_search {
    mapping::search::request asked;  ///< result parameters only
    std::string query;
    std::string writing;
    std::vector<endpoint_facts> found;  ///< on all pages
    std::size_t first = 0;              ///< of this page
    std::size_t end = 0;
};

/// Result parameters are those of every search; `_include` and the like are not offered here, since nothing that an
/// Endpoint refers to is.
bool is_result_parameter(std::string_view name)
{
    constexpr std::string_view names[] = {"_format", "_pretty", "_count", "_summary", "_elements", "_total", "_page"};
    return std::ranges::find(names, name) != std::end(names);
}

result<endpoint_search> read_search(service const& s, std::vector<parameter> const& parameters, bool strict)
{
    if (auto const sized = mapping::search::check_size(parameters); !sized)
        return tl::unexpected(sized.error());
    endpoint_search out;
    out.found = all_endpoints(s);
    std::vector<parameter> of_result;
    std::vector<parameter> used;
    std::vector<endpoint_sort_key> order;
    std::vector<issue> ignored;
    for (auto const& p : parameters) {
        if (p.second.empty())
            continue;
        if (is_result_parameter(p.first)) {
            of_result.push_back(p);
            continue;
        }
        if (p.first == "_sort") {
            auto sort = read_endpoint_sort(p.second);
            if (!sort)
                return tl::unexpected(sort.error());
            order = std::move(*sort);
            used.push_back(p);
            continue;
        }
        if (is_endpoint_parameter(p.first)) {
            auto const criterion = read_endpoint_criterion(p);
            if (!criterion)
                return tl::unexpected(criterion.error());
            std::erase_if(out.found, [&](endpoint_facts const& endpoint) { return !matches(*criterion, endpoint); });
            used.push_back(p);
            continue;
        }
        if (strict)
            return fail(mapping::errc::unknown_parameter, mapping::search::shown_name(p.first));
        ignored.push_back({issue::kind::not_supported, "the parameter " + mapping::search::shown_name(p.first) +
                                                           " is not known here and was ignored"});
    }
    sort_endpoints(out.found, order);
    auto asked = mapping::search::parse(
        of_result, {.base = {}, .strict = strict, .max_count = s.settings.fhir.max_count, .now = 0});
    if (!asked)
        return tl::unexpected(asked.error());
    out.asked = std::move(*asked);
    out.asked.issues.insert(out.asked.issues.end(), ignored.begin(), ignored.end());
    std::vector<parameter> writing;
    for (auto& p : out.asked.used)
        (p.first == "_format" || p.first == "_pretty" ? writing : used).push_back(std::move(p));
    out.query = mapping::search::to_query(used);
    out.writing = mapping::search::to_query(writing);
    return out;
}

/// A page of a search that began earlier: the Endpoints behind the one that was shown last.
result<endpoint_search> read_page(service const& s, endpoint_search const& link)
{
    if (!link.query.empty())
        return fail(mapping::errc::invalid_value, "_page carries the whole search and goes without other parameters");
    auto const page = s.sealer.open(link.asked.page);
    if (!page)
        return tl::unexpected(page.error());
    if (page->resource != "Endpoint")
        return fail(mapping::errc::expired_page, "_page");
    auto out = read_search(s, mapping::search::split_query(page->query), false);
    if (!out)
        return out;
    auto const last = std::ranges::find(out->found, page->last.uid, &endpoint_facts::id);
    if (last == out->found.end())  // the configuration has changed
        return fail(mapping::errc::expired_page, "_page");
    out->first = static_cast<std::size_t>(last - out->found.begin()) + 1;
    out->asked.page = link.asked.page;
    out->writing = link.writing;
    return out;
}

result<endpoint_search> search(service const& s, http::request const& req)
{
    auto const parameters = read_parameters(req);
    if (!parameters)
        return tl::unexpected(parameters.error());
    bool const strict = http::preference(req.header("prefer"), "handling") == "strict";
    auto out = read_search(s, *parameters, strict);
    if (out && !out->asked.page.empty())
        out = read_page(s, *out);
    if (!out)
        return out;
    auto const count = out->asked.count.value_or(s.settings.fhir.default_count);
    out->end = std::min(out->found.size(), out->first + count);
    if (out->asked.summary == mapping::search::summary::count)
        out->end = out->first;
    return out;
}

http::response to_bundle(service const& s, endpoint_search const& found, std::string const& base,
                         answer_format const& as)
{
    bool const counts = found.asked.summary == mapping::search::summary::count;
    auto const path = base + "/Endpoint";
    auto const self =
        to_link(path, found.asked.page.empty() ? found.query : "_page=" + found.asked.page, found.writing);
    std::string next;
    if (found.end > found.first && found.end < found.found.size())
        next = to_link(path,
                       "_page=" + s.sealer.seal({.resource = "Endpoint",
                                                 .query = found.query,
                                                 .last = {.started = {}, .uid = found.found[found.end - 1].id},
                                                 .now = 0}),
                       found.writing);
    auto const shape = mapping::fhir::make_endpoint_shape(view_of(found.asked), found.asked.elements);
    http::response answer;
    answer.content_type = as.content_type;
    mapping::fhir::writer w(answer.body, as.as, as.pretty);
    bool const counted = counts || found.asked.total != mapping::search::total::none;
    auto const total = counted ? std::optional(static_cast<std::uint32_t>(found.found.size())) : std::nullopt;
    mapping::fhir::searchset_writer bundle(w, total, self, next, counts);
    for (auto i = found.first; i < found.end; ++i) {
        bundle.begin_entry(base, "/Endpoint/" + found.found[i].id);
        mapping::fhir::write_endpoint(w, "resource", found.found[i], shape);
        bundle.end_entry("match");
    }
    write_remarks(bundle, w, found.asked.issues);
    bundle.end();
    return answer;
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
    co_return to_bundle(s, *found, s.base_of(x.req), *as);
}

}  // namespace pons::proxy::fhir
