#include "proxy/fhir/explain.hpp"

#include "mapping/errc.hpp"
#include "mapping/search/judge.hpp"
#include "proxy/crosswalk.hpp"
#include "proxy/fhir/admit.hpp"
#include "proxy/fhir/patients.hpp"
#include "proxy/fhir/service.hpp"
#include "proxy/http/text.hpp"
#include "proxy/sources.hpp"
#include "upstream/dicomweb/qido_target.hpp"
#include "upstream/search/window.hpp"

#include <algorithm>
#include <chrono>
#include <exception>

namespace pons::proxy::fhir {

namespace {

using mapping::level;
using mapping::search::plan;
using mapping::search::reach;

constexpr std::string_view level_names[] = {"study", "series", "instance"};

/// "STUDY  AccessionNumber (0008,0050) = 123; asks for 25 attributes".
std::string to_identifier(mapping::find_request const& request)
{
    auto text = "C-FIND " + std::string(mapping::to_query_level(request.at));
    std::string_view separator = "  ";
    for (auto const& key : request.keys) {
        text.append(separator).append(mapping::describe(key.attribute)).append(" = ");
        for (std::size_t i = 0; i < key.values.size(); ++i)
            text.append(i == 0 ? "" : "\\").append(key.values[i]);
        separator = "; ";
    }
    return text + "; asks for " + std::to_string(request.return_keys.size()) + " attributes";
}

std::string to_query(config::source const& source, mapping::find_request const& request)
{
    if (source.kind == config::source_kind::dimse)
        return to_identifier(request) +
               (source.quirks.universal == config::universal_matching::star ? ", each by *" : "");
    auto const limit = source.quirks.page_limit != 0 ? source.quirks.page_limit : 1000;
    // The target begins with the path that the source's URL has.
    auto const authority = source.url.find('/', source.url.find("//") + 2);
    return "GET " + source.url.substr(0, authority) +
           upstream::dicomweb::qido_target(source, request, {.limit = limit, .offset = 0});
}

/// The second try for a server that does not decode; empty when there is none.
std::string to_other_query(config::source const& source, mapping::find_request const& request)
{
    using namespace upstream::dicomweb;
    if (source.kind == config::source_kind::dimse || source.quirks.query_encoding == config::query_encoding::minimal ||
        find_other_form(request, source.quirks.wildcards) != other_form::minimal)
        return {};
    auto other = source;
    other.quirks.query_encoding = config::query_encoding::minimal;
    return to_query(other, request);
}

std::string_view name_of(reach r)
{
    return r == reach::keyed ? "keyed" : r == reach::dated ? "dated" : "unbounded";
}

void explain_queries(source_explanation& out, config::source const& source, plan const& p, bool page_by_page)
{
    if (p.reach == reach::keyed || p.asked_at != level::study) {
        for (auto const& alternative : p.alternatives) {
            auto const request = mapping::search::to_find_request(p, alternative, nullptr);
            out.queries.push_back(to_query(source, request));
            if (auto other = to_other_query(source, request); !other.empty())
                out.queries.push_back("where that finds nothing: " + other);
        }
        for (auto const& again : p.second_tries)
            out.queries.push_back("where that finds nothing: " +
                                  to_query(source, mapping::search::to_find_request(p, again.keys, nullptr)));
        if (p.asked_at != level::study)
            out.notes.emplace_back("the studies of the matches are then asked for by their UIDs");
        return;
    }
    if (!page_by_page) {
        bool const bounded = p.dated_may_match && !p.undated_may_match && !p.dates.unbounded();
        for (auto const& alternative : p.alternatives)
            out.queries.push_back(
                to_query(source, mapping::search::to_find_request(p, alternative, bounded ? &p.dates : nullptr)));
        out.notes.emplace_back("all matches are looked at, for their number or their order");
        return;
    }
    auto const today = std::chrono::floor<std::chrono::days>(
        std::chrono::local_time<std::chrono::microseconds>(std::chrono::microseconds(now_in_microseconds())));
    upstream::window_walk const windows(p.dates, {}, today, 50);
    if (auto const first = windows.next(); first && p.dated_may_match)
        for (auto const& alternative : p.alternatives)
            out.queries.push_back(to_query(source, mapping::search::to_find_request(p, alternative, &*first)));
    out.notes.emplace_back("then earlier windows of study dates, growing and halving, until the page is full");
    if (p.undated_may_match)
        out.notes.emplace_back("studies without a date come last, asked for without a date key");
}

source_explanation explain_source(config::source const& source, mapping::search::request const& asked,
                                  mapping::source_facts const& facts, std::string why_not, bool resolved,
                                  bool allow_unbounded)
{
    source_explanation out{.source = source.name,
                           .kind = source.kind == config::source_kind::dimse ? "dimse" : "dicomweb",
                           .reach = "not asked",
                           .queries = {},
                           .notes = {}};
    if (!why_not.empty()) {
        out.notes.push_back(std::move(why_not));
        return out;
    }
    if (!resolved) {
        out.notes.emplace_back("the crosswalk did not tell whom the search is about");
        return out;
    }
    auto p = mapping::search::make_plan(asked.criteria, facts, make_abilities(source.quirks));
    if (!allow_unbounded)
        settle_for_names(p);
    if (p.loses_names)
        out.notes.emplace_back("names with rarer accents may be missing: the answer says that it is incomplete");
    if (p.impossible) {
        out.reach = "impossible";
        out.notes.emplace_back(
            is_resolved(asked) ? "the crosswalk gives the patient no id of this source, or no DICOM value can equal "
                                 "what is asked for: nobody is asked"
                               : "no DICOM value can equal what is asked for: nobody is asked");
        return out;
    }
    out.reach = name_of(p.reach);
    bool const everything =
        asked.summary == mapping::search::summary::count || asked.total == mapping::search::total::accurate;
    explain_queries(out, source, p, !everything && upstream::order(asked.sort).walks_back());
    mapping::search::judge const judge(asked.criteria);
    if (judge.depth() != level::study)
        out.notes.push_back("candidates are asked for at " +
                            std::string(level_names[static_cast<std::size_t>(judge.depth())]) +
                            " level where the study level does not tell");
    return out;
}

/// Asks the crosswalk, on a context of its own.
result<void> resolve(service& s, mapping::search::request& asked)
{
    auto const make = prepare_crosswalk(s.settings, std::make_shared<upstream::crosswalk_counts>());
    if (!make)
        return tl::unexpected(make.error());
    s.crosswalk = (*make)();
    asio::io_context context{1};
    result<void> done;
    std::exception_ptr bug;
    asio::co_spawn(context, resolve_patients(s, asked, clock::now() + s.settings.http.request_timeout),
                   [&](std::exception_ptr thrown, result<void> how) {
                       bug = thrown;
                       done = std::move(how);
                       s.crosswalk.reset();  // with its connections, which would keep the context running
                   });
    context.run();
    if (bug)
        std::rethrow_exception(bug);
    return done;
}

/// "ImagingStudy?…" or "Patient/{id}/ImagingStudy?…", with whatever stands in front.
result<std::vector<mapping::search::parameter>> read_request(std::string_view request)
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

void append_list(std::string& out, std::string_view name, std::vector<std::string> const& items)
{
    http::append_json(out, name);
    out += ":[";
    for (std::size_t i = 0; i < items.size(); ++i) {
        out += i == 0 ? "" : ",";
        http::append_json(out, items[i]);
    }
    out += ']';
}

}  // namespace

result<explanation> explain(config::settings const& settings, std::string_view request)
{
    auto const parameters = read_request(request);
    if (!parameters)
        return tl::unexpected(parameters.error());
    auto const base = settings.http.public_url + "/fhir";
    auto asked = mapping::search::parse(
        *parameters,
        {.base = base, .strict = false, .max_count = settings.fhir.max_count, .now = now_in_microseconds()});
    if (!asked)
        return tl::unexpected(asked.error());
    if (!asked->page.empty())
        return fail(mapping::errc::invalid_value, "_page, which only the server that gave the link can open");

    page_sealer const sealer("explain");
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
                             .omits_empty = source.kind == config::source_kind::dicomweb});
    explanation out;
    auto const refused = [&](failure const& why) { out.refusal = why.where + ": " + why.code.message(); };
    auto const resolved = resolve(s, *asked);
    auto const chosen = choose_sources(s, *asked);
    if (!resolved)
        refused(resolved.error());
    else if (auto const admitted = admit(s, *asked, chosen.asked); !admitted)
        refused(admitted.error());
    out.patients = describe_references(*asked);
    for (std::size_t i = 0; i < s.sources.size(); ++i) {
        auto const left = std::ranges::find(chosen.not_asked, &s.sources[i], &upstream::left_out::source);
        out.sources.push_back(explain_source(settings.sources[i], *asked, *s.sources[i].facts,
                                             left == chosen.not_asked.end() ? std::string() : left->why,
                                             resolved.has_value(), settings.fhir.allow_unbounded));
    }
    if (!chosen.remark.empty())
        for (auto& source : out.sources)
            if (source.reach != "not asked")
                source.notes.push_back(chosen.remark);
    if (chosen.asked.size() > 1)
        for (auto& source : out.sources)
            if (source.reach != "not asked")
                source.notes.emplace_back("asked then by UID which studies of the page it holds too");
    for (auto const& c : asked->criteria)
        out.judged.push_back(c.name() + ", at " + std::string(level_names[static_cast<std::size_t>(c.row->at)]) +
                             " level");
    for (auto const& i : asked->issues)
        out.ignored.push_back(i.text);
    return out;
}

std::string to_text(explanation const& e)
{
    std::string out;
    if (!e.refusal.empty())
        out += "refused: " + e.refusal + '\n';
    for (auto const& p : e.patients)
        out += "crosswalk: " + p + '\n';
    for (auto const& s : e.sources) {
        out += s.source + " (" + s.kind + "): " + s.reach + '\n';
        for (auto const& query : s.queries)
            out += "  " + query + '\n';
        for (auto const& note : s.notes)
            out += "  - " + note + '\n';
    }
    for (auto const& c : e.judged)
        out += "judged here: " + c + '\n';
    for (auto const& i : e.ignored)
        out += "ignored: " + i + '\n';
    return out;
}

std::string to_json(explanation const& e)
{
    std::string out = "{";
    if (!e.refusal.empty()) {
        out += "\"refusal\":";
        http::append_json(out, e.refusal);
        out += ',';
    }
    if (!e.patients.empty()) {
        append_list(out, "patients", e.patients);
        out += ',';
    }
    out += "\"sources\":[";
    for (std::size_t i = 0; i < e.sources.size(); ++i) {
        auto const& s = e.sources[i];
        out += i == 0 ? "{" : ",{";
        for (auto const& [name, value] : {std::pair{"source", &s.source}, {"kind", &s.kind}, {"reach", &s.reach}}) {
            http::append_json(out, name);
            out += ':';
            http::append_json(out, *value);
            out += ',';
        }
        append_list(out, "queries", s.queries);
        out += ',';
        append_list(out, "notes", s.notes);
        out += '}';
    }
    out += "],";
    append_list(out, "judged", e.judged);
    out += ',';
    append_list(out, "ignored", e.ignored);
    return out + "}\n";
}

}  // namespace pons::proxy::fhir
