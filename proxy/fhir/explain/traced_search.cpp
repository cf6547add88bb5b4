#include "proxy/fhir/explain/traced_search.hpp"

#include "proxy/fhir/admit.hpp"
#include "proxy/fhir/federate.hpp"
#include "proxy/fhir/patients.hpp"
#include "proxy/fhir/understand.hpp"
#include "upstream/capped/text_trial.hpp"

#include <algorithm>
#include <chrono>

namespace pons::proxy::fhir {

namespace {

using mapping::search::parameter;
using upstream::traced_end;
using upstream::traced_find;
using upstream::traced_query;

std::uint32_t in_ms(clock::duration d)
{
    return static_cast<std::uint32_t>(std::chrono::round<std::chrono::milliseconds>(d).count());
}

std::string text_of(failure const& why)
{
    return why.where.empty() ? why.code.message() : why.where + ": " + why.code.message();
}

/// The service, with archives that write into traces.
result<void> make_traced(service& s, service const& from, traced_search& to)
{
    for (auto const& source : from.sources) {
        if (!source.traced)
            return fail(upstream::errc::unsupported, "source " + source.facts->name + ", whose queries are not traced");
        auto const trace = std::make_shared<upstream::search_trace>();
        to.sources.emplace_back(source.facts->name, trace);
        s.sources.push_back(source.through(source.traced(trace)));
        s.sources.back().trace = trace;
    }
    return {};
}

void add_end(outline& to, traced_end const& end)
{
    if (!end.ended) {
        to.add("error", std::string("it did not end in time, or goes on"));
        return;
    }
    to.add("took_ms", in_ms(end.took));
    to.add("rows", end.rows);
    if (end.truncated)
        to.add("incomplete", true);
    if (end.error)
        to.add("error", text_of(*end.error));
}

void add_query(outline& to, traced_find const& find, traced_query const& query, shown how)
{
    // Whoever may see what he asked for may not see whom else the archive holds.
    if (query.why == upstream::purpose_of_trials)
        how.values = false;
    auto& one = to.open("query");
    one.add("why", query.why);
    if (!(query.request == find.request))
        one.add("asked", show_request(query.request, how));
    one.add("at_ms", in_ms(query.at));
    add_end(one, query.end);
    bool const plain = query.exchanges.size() == 1 && query.exchanges.front().what.empty();
    if (plain)  // one C-FIND, of which all is told
        return;
    for (auto const& exchange : query.exchanges) {
        auto& wire = one.open("exchange");
        wire.add("what", exchange.status == 0 && !exchange.what.starts_with('/')
                             ? exchange.what.empty() ? std::string("C-FIND") : "C-FIND, " + exchange.what
                             : "GET " + show_target(exchange.what, how));
        if (exchange.status != 0)
            wire.add("status", exchange.status);
        wire.add("took_ms", in_ms(exchange.took));
        wire.add("rows", exchange.rows);
    }
}

void add_find(outline& to, traced_find const& find, shown const& how)
{
    auto& one = to.open("find");
    one.add("why", find.why);
    one.add("asked", show_request(find.request, how));
    one.add("at_ms", in_ms(find.at));
    add_end(one, find.end);
    if (find.from != traced_find::shared::no)
        one.add("shared", find.from == traced_find::shared::kept
                              ? "an answer that was kept: the archive was not asked"
                              : "with an equal query that was on its way: the archive was not asked again");
    else if (find.queries.empty() && find.end.error)
        one.add("shared", "the archive was not asked");
    for (auto const& query : find.queries)
        add_query(one, find, query, how);
    for (auto const& i : find.issues)
        one.add("issue", i.text);
}

void add_source(outline& to, std::string const& name, upstream::search_trace const& trace, shown const& how)
{
    auto& one = to.open("source");
    one.add("name", name);
    std::uint32_t queries = 0;
    std::uint32_t rows = 0;
    for (auto const& find : trace.finds()) {
        queries += static_cast<std::uint32_t>(find->queries.size());
        rows += find->end.rows;
    }
    one.add("queries", queries);
    one.add("rows_in", rows);
    one.add("studies_matched", trace.matched);
    one.add("studies_out", trace.given);
    if (trace.failed)
        one.add("failed", text_of(*trace.failed));
    for (auto const& find : trace.finds())
        add_find(one, *find, how);
    for (auto const& [why, count] : trace.dropped()) {
        auto& dropped = one.open("dropped");
        dropped.add("why", why);
        dropped.add("count", count);
    }
    for (auto const& i : trace.issues)
        one.add("issue", i.text);
}

}  // namespace

awaitable<result<traced_search>> trace_search(service& s, std::span<parameter const> parameters, bool strict,
                                              time_point deadline)
{
    auto u = understand(s, parameters, strict);
    if (!u)
        co_return tl::unexpected(u.error());
    traced_search out;
    service traced{s.settings, s.sealer, {}, s.started, s.crosswalk};
    if (auto const made = make_traced(traced, s, out); !made)
        co_return tl::unexpected(made.error());
    auto const began = clock::now();
    result<void> done = co_await resolve_patients(traced, u->asked, deadline);
    if (done)
        done = admit(traced, u->asked, sources_for(traced, u->asked));
    if (done) {
        auto const shape = shape_of(u->asked, s.settings.fhir.search_depth);
        auto wanted = wanted_for(traced, *u, shape);
        auto const found = co_await search_all(traced, u->asked, std::move(wanted), deadline);
        if (found) {
            out.studies = static_cast<std::uint32_t>(found->studies.size());
            out.more = found->more;
            out.total = found->total;
            out.issues = found->issues;
        } else {
            done = tl::unexpected(found.error());
        }
    }
    if (!done)
        out.failed = done.error();
    out.issues.insert(out.issues.begin(), u->asked.issues.begin(), u->asked.issues.end());
    out.took = clock::now() - began;
    co_return out;
}

outline to_outline(traced_search const& search, shown const& how)
{
    outline root;
    auto& one = root.open("trace");
    one.add("took_ms", in_ms(search.took));
    if (search.failed) {
        one.add("failed", text_of(*search.failed));
    } else {
        one.add("studies", search.studies);
        one.add("more", search.more);
        if (search.total)
            one.add("total", *search.total);
    }
    for (auto const& i : search.issues)
        one.add("issue", i.text);
    for (auto const& [name, trace] : search.sources)
        add_source(one, name, *trace, how);
    return root;
}

}  // namespace pons::proxy::fhir
