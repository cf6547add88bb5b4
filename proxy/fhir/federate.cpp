#include "proxy/fhir/federated_search.hpp"

#include "mapping/errc.hpp"
#include "proxy/fhir/admit.hpp"
#include "proxy/fhir/patients.hpp"
#include "upstream/cancelling.hpp"
#include "upstream/errc.hpp"
#include "upstream/federation/ask_each.hpp"
#include "upstream/trace/search_trace.hpp"

#include <algorithm>
#include <utility>

namespace pons::proxy::fhir {

using mapping::level;
using mapping::study_record;
using upstream::page_found;
using upstream::position;

namespace {

/// Instances that one answer shows before its page ends: bounds memory, whatever `_count` and depth.
constexpr std::size_t most_instances = 50'000;
/// Studies whose instances are asked for between two looks at that bound.
constexpr std::size_t studies_at_once = 8;

}  // namespace

void federated_search::prepare()
{
    sources_ = upstream::for_one_search(sources_for(service_, asked_));
    for (auto& source : sources_)
        parts_.push_back({.source = &source, .rank = parts_.size(), .plan = plan_for(service_, asked_, source)});
    // To tell how many are held twice, and whether an id names one person, all matches must be seen.
    bool const may_be_ambiguous = names_bare_patient(asked_) && std::ranges::any_of(parts_, [](searched_part const& p) {
                                      return p.source->facts->patient_namespace.empty();
                                  });
    all_matches_ = may_be_ambiguous || (wanted_.everything && parts_.size() > 1);
}

awaitable<result<void>> federated_search::ask(searched_part& p, time_point until)
{
    if (p.lost)
        co_return result<void>();
    p.fan_out = {.left = service_.settings.fhir.max_fan_out};
    upstream::page_wanted wanted{.order = wanted_.order,
                                 .after = wanted_.after,
                                 .count = wanted_.count,
                                 .everything = wanted_.everything,
                                 .depth = {},
                                 .max_candidates = service_.settings.fhir.max_candidates,
                                 .fan_out = p.fan_out,
                                 .now = wanted_.now};
    if (all_matches_) {
        wanted.after.reset();
        wanted.everything = true;
        wanted.count = wanted.max_candidates;
    }
    p.found = co_await upstream::find_page(*p.source, asked_.criteria, p.plan, std::move(wanted), until);
    if (auto* const trace = p.source->trace.get()) {
        if (p.found)
            trace->issues = p.found->issues;
        else
            trace->failed = p.found.error();
    }
    co_return result<void>();
}

/// Decides whether what did not fail is an answer, and says who is missing in it.
result<void> federated_search::tell_missing()
{
    auto const missing = upstream::find_missing(
        parts_, service_.settings.federation.partial,
        [](page_found const& found) { return !found.studies.empty() || found.total.value_or(0) != 0; });
    if (!missing)
        return tl::unexpected(missing.error());
    for (auto const* const p : *missing) {
        remark(issue::kind::incomplete, p->place() + ": " + p->found.error().code.message());
        out_.missed.push_back(p->source->facts->name);
    }
    for (auto const& name : wanted_.missed) {
        if (std::ranges::find(out_.missed, name) != out_.missed.end())
            continue;
        remark(issue::kind::incomplete, "source " + name +
                                            " was missing on a page before; studies of it that belong "
                                            "there are not shown");
        out_.missed.push_back(name);
    }
    return {};
}

void federated_search::merge()
{
    std::uint32_t total = 0;
    bool total_known = true;
    for (auto& p : parts_) {
        if (!p.found) {
            total_known = false;
            continue;
        }
        total_known = total_known && p.found->total;
        total += p.found->total.value_or(0);
        out_.more = out_.more || p.found->more;
        out_.queries += p.found->queries;
        remark(p, p.found->issues);
        auto const doubles = page_.take(p.rank, std::move(p.found->studies));
        total -= static_cast<std::uint32_t>(doubles);
        if (p.source->trace)
            p.source->trace->drop("a study that another source holds too", doubles);
    }
    // With several sources the sum is right only when every match is here to be told from its double.
    if (total_known && (parts_.size() == 1 || !out_.more))
        out_.total = total;
}

/// A bare id that two issuers use names two people; showing both as one would be worse than no answer.
result<void> federated_search::check_patient() const
{
    if (!names_bare_patient(asked_))
        return {};
    // Resolved, an id means a patient of the source that issued it; else one that all sources share.
    if (page_.has_two_issuers(is_resolved(asked_)))
        return fail(mapping::errc::ambiguous_patient, "patient");
    return {};
}

awaitable<result<void>> federated_search::fill_from(searched_part& p, std::span<placed> of, level depth,
                                                    time_point until)
{
    std::vector<study_record*> studies;
    for (auto& one : of)
        if (one.rank == p.rank)
            studies.push_back(&one.study);
    std::vector<issue> issues;
    result<void> const done = co_await upstream::fill_page(*p.source, studies, depth, p.fan_out, issues, until);
    remark(p, issues);
    if (done || parts_.size() == 1 || upstream::is_of_request(done.error()))
        co_return done;
    p.found = tl::unexpected(done.error());
    p.lost = again_ = true;
    co_return result<void>();
}

/// Asks for what is shown of some studies of the page, each at the source it came from.
awaitable<result<void>> federated_search::fill(std::size_t from, std::size_t count, level depth)
{
    auto const studies = std::span(page_.studies()).subspan(from, count);
    auto const one = [this, studies, depth](searched_part& p, time_point until) {
        return fill_from(p, studies, depth, until);
    };
    co_return co_await upstream::ask_each(parts_, deadline_, one);
}

awaitable<result<void>> federated_search::fill()
{
    if (wanted_.depth == level::study && !wanted_.counts_shown)
        co_return result<void>();
    auto const first = std::min(wanted_.depth, level::series);
    auto const& studies = page_.studies();
    result<void> done = co_await fill(0, studies.size(), first);
    if (!done || again_ || wanted_.depth != level::instance)
        co_return done;
    std::size_t instances = 0;
    for (std::size_t from = 0; from < studies.size(); from += studies_at_once) {
        auto const count = std::min(studies_at_once, studies.size() - from);
        done = co_await fill(from, count, level::instance);
        if (!done || again_)
            co_return done;
        instances += page_.instances(from, count);
        if (instances > most_instances && from + count < studies.size()) {
            page_.end_after(from + count);
            out_.last = studies.back().at;
            out_.more = true;
        }
    }
    co_return result<void>();
}

void federated_search::tell_dropped(std::vector<std::size_t> const& before) const
{
    auto const after = page_.studies_by_rank(parts_.size());
    for (auto const& p : parts_)
        if (p.source->trace)
            p.source->trace->drop("a study of another page", before[p.rank] - after[p.rank]);
}

awaitable<result<void>> federated_search::attempt()
{
    page_ = merged_page(wanted_.order);
    out_ = {};
    for (auto const& p : parts_)
        if (again_ && p.source->trace)
            p.source->trace->forget_dropped();
    again_ = false;
    auto const one = [this](searched_part& p, time_point until) { return ask(p, until); };
    result<void> done = co_await upstream::ask_each(parts_, deadline_, one);
    if (done)
        done = tell_missing();
    if (!done)
        co_return done;
    merge();
    done = check_patient();
    if (!done)
        co_return done;
    auto const before = page_.studies_by_rank(parts_.size());
    out_.more = page_.cut(wanted_.after, wanted_.count) || out_.more;
    tell_dropped(before);
    if (auto const& studies = page_.studies(); !studies.empty())
        out_.last = studies.back().at;
    if (parts_.size() > 1) {
        done = co_await find_other_holders();
        if (!done)
            co_return done;
    }
    tell_holders();
    done = co_await fill();
    co_return done;
}

awaitable<result<search_found>> federated_search::run()
{
    prepare();
    if (parts_.empty()) {
        out_.total = 0;
        co_return std::move(out_);
    }
    // Who fails after it has answered is missing in all of the answer: what it matched may be at another source as
    // well, and the rules for a part of an answer hold for what is left.
    do {
        bool const gone = co_await upstream::is_cancelled();
        if (gone)
            co_return fail(upstream::errc::cancelled);
        result<void> const done = co_await attempt();
        if (!done)
            co_return tl::unexpected(done.error());
    } while (again_);
    std::size_t hidden = 0;
    for (auto& x : page_.studies()) {
        hidden += mapping::fhir::unpresentable(x.study);
        if (auto const& trace = parts_[x.rank].source->trace)
            ++trace->given;
        out_.studies.push_back(std::move(x.study));
    }
    if (hidden != 0)
        remark(issue::kind::incomplete, "series or instances without a usable UID are not shown");
    co_return std::move(out_);
}

awaitable<result<search_found>> search_all(service& s, mapping::search::request const& asked, search_wanted wanted,
                                           time_point deadline)
{
    federated_search search(s, asked, std::move(wanted), deadline);
    co_return co_await search.run();
}

}  // namespace pons::proxy::fhir
