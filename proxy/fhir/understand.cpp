#include "proxy/fhir/understand.hpp"

#include "mapping/errc.hpp"
#include "proxy/fhir/admit.hpp"
#include "proxy/fhir/patients.hpp"

#include <algorithm>
#include <vector>

namespace pons::proxy::fhir {

namespace {

using mapping::search::parameter;
using mapping::search::request;
using mapping::search::summary;

bool is_about_writing(parameter const& p)
{
    return p.first == "_format" || p.first == "_pretty";
}

/// Sorts out what was used: what is searched for goes into tokens, how it is written into every link.
void split_used(understood& u)
{
    std::vector<parameter> search;
    std::vector<parameter> writing;
    for (auto const& p : u.asked.used)
        (is_about_writing(p) ? writing : search).push_back(p);
    u.query = mapping::search::to_query(search);
    u.writing = mapping::search::to_query(writing);
}

result<void> check_elements(request& asked, bool strict)
{
    if (std::ranges::all_of(asked.elements, [](auto const& element) { return mapping::fhir::is_element(element); }))
        return {};
    constexpr std::string_view remark = "_elements names an element that ImagingStudy does not have";
    if (strict)
        return fail(mapping::errc::invalid_value, std::string(remark));
    asked.issues.push_back({issue::kind::not_supported, std::string(remark)});
    return {};
}

}  // namespace

result<understood> understand(service const& s, std::span<parameter const> parameters, bool strict)
{
    understood u;
    u.now = now_in_microseconds();
    auto const base = s.reference_base();
    mapping::search::parse_options options{
        .base = base, .strict = strict, .max_count = s.settings.fhir.max_count, .now = u.now};
    auto asked = mapping::search::parse(parameters, options);
    if (!asked)
        return tl::unexpected(asked.error());
    u.asked = std::move(*asked);
    split_used(u);
    if (!u.asked.page.empty()) {
        if (!u.query.empty())
            return fail(mapping::errc::invalid_value,
                        "_page carries the whole search and goes without other parameters");
        auto const page = s.sealer.open(u.asked.page);
        if (!page)
            return tl::unexpected(page.error());
        if (page->resource != "ImagingStudy")
            return fail(mapping::errc::expired_page, "_page");
        options.now = u.now = page->now;
        asked = mapping::search::parse(mapping::search::split_query(page->query), options);
        if (!asked)
            return tl::unexpected(asked.error());
        u.token = std::move(u.asked.page);
        u.query = page->query;
        u.after = page->last;
        u.missed = page->missed;
        asked->issues.insert(asked->issues.end(), u.asked.issues.begin(), u.asked.issues.end());
        u.asked = std::move(*asked);
    }
    if (u.asked.summary == summary::text && u.asked.include_endpoint)
        return fail(mapping::errc::invalid_value, "_summary=text cannot be combined with _include");
    if (auto const known = check_elements(u.asked, options.strict); !known)
        return tl::unexpected(known.error());
    return u;
}

search_wanted wanted_for(service const& s, understood const& u, mapping::fhir::shape const& shape)
{
    search_wanted wanted{
        .order = upstream::order(u.asked.sort),
        .after = u.after,
        .missed = u.missed,
        .count = u.asked.count.value_or(s.settings.fhir.default_count),
        .everything = u.asked.summary == summary::count || u.asked.total == mapping::search::total::accurate,
        .depth = shape.depth,
        .counts_shown = u.asked.summary != summary::text && u.asked.elements.empty(),
        .now = u.now};
    for (auto const& element : u.asked.elements)
        wanted.counts_shown = wanted.counts_shown || element == "modality" || element.starts_with("numberOf");
    if (u.asked.summary == summary::count) {
        wanted.count = 0;
        wanted.depth = mapping::level::study;
    }
    return wanted;
}

awaitable<result<understood>> prepare(service& s, std::span<parameter const> parameters, bool strict,
                                      time_point deadline)
{
    auto u = understand(s, parameters, strict);
    if (!u)
        co_return u;
    result<void> done = co_await resolve_patients(s, u->asked, deadline);
    if (done)
        done = admit(s, u->asked, sources_for(s, u->asked));
    if (!done)
        co_return tl::unexpected(done.error());
    co_return u;
}

}  // namespace pons::proxy::fhir
