#include "proxy/dicomweb/search.hpp"

#include "mapping/errc.hpp"
#include "proxy/dicomweb/merged_hits.hpp"
#include "proxy/dicomweb/rows.hpp"
#include "proxy/fhir/service.hpp"
#include "upstream/federation/ask_each.hpp"
#include "upstream/federation/holders.hpp"
#include "upstream/federation/partial_answer.hpp"
#include "upstream/federation/routing.hpp"
#include "upstream/search/rows.hpp"
#include "upstream/search/study_search.hpp"

#include <algorithm>

namespace pons::proxy::dicomweb {

namespace {

using mapping::data_set;
using mapping::level;
using mapping::study_record;
namespace tags = mapping::tags;

struct part {
    upstream::searched_source* source = nullptr;
    std::size_t rank = 0;  ///< in `federation.order`
    result<listed> found = listed{};
};

class federated {
public:
    federated(search_bounds const& bounds, search_query const& query, std::vector<upstream::searched_source*> sources,
              time_point deadline)
        : bounds_(bounds), query_(query), deadline_(deadline)
    {
        auto choice = upstream::choose_sources(std::move(sources), bounds.federation, upstream::certain_of(query.keys));
        sources_ = upstream::for_one_search(choice.asked);
        for (auto& source : sources_)
            parts_.push_back({.source = &source, .rank = parts_.size(), .found = listed{}});
    }

    awaitable<result<hits_found>> run();

private:
    awaitable<result<void>> ask(part& p, time_point deadline);
    result<void> tell_missing();
    awaitable<result<void>> identify();
    awaitable<result<void>> identify(part& p, time_point until);
    void merge();
    awaitable<result<void>> find_other_holders();
    awaitable<result<void>> find_held_by(part& p, time_point until);
    awaitable<result<void>> fill();
    awaitable<result<void>> fill_from(part& p, time_point until);
    result<void> tell_unfilled(part const& p, failure const& why);
    void warn(std::string text)
    {
        if (std::ranges::find(out_.warnings, text) == out_.warnings.end())
            out_.warnings.push_back(std::move(text));
    }
    void warn_all(std::vector<std::string> texts)
    {
        for (auto& text : texts)
            warn(std::move(text));
    }
    void warn(part const& p, std::string const& text) { warn(upstream::place_of(*p.source) + ": " + text); }

    search_bounds const& bounds_;
    search_query const& query_;
    time_point deadline_;
    std::vector<upstream::searched_source> sources_;
    std::vector<part> parts_;
    merged_hits merged_{query_.where.at};
    hits_found out_;
};

awaitable<result<void>> federated::ask(part& p, time_point deadline)
{
    list_wanted const wanted{.count = std::size_t{query_.offset} + query_.limit + 1,
                             .max_candidates = bounds_.max_candidates,
                             .fan_out = {.left = bounds_.max_fan_out},
                             .now = fhir::now_in_microseconds()};
    p.found = co_await list(*p.source, query_, wanted, deadline);
    co_return result<void>();
}

/// Decides whether what did not fail is an answer, and says who is missing in it.
result<void> federated::tell_missing()
{
    auto const missing = upstream::find_missing(parts_, bounds_.federation.partial,
                                                [](listed const& found) { return !found.hits.empty(); });
    if (!missing)
        return tl::unexpected(missing.error());
    for (auto const* const p : *missing)
        warn(*p, p->found.error().code.message() + "; its results are missing");
    return {};
}

/// The path names the study, and nobody told whose it is: who shows something of it is asked.
awaitable<result<void>> federated::identify(part& p, time_point until)
{
    if (!p.found || p.found->hits.empty())
        co_return result<void>();
    std::vector<std::string> uids(1, query_.where.study_uid);
    auto held = co_await upstream::find_held(*p.source, std::move(uids), until);
    if (held && held->complete)
        for (auto const& study : held->studies)
            add_rest(p.found->hits.front().study->attributes, study.attributes);  // all hits share it
    else
        p.found = held ? fail(mapping::errc::incomplete) : tl::unexpected(held.error());
    co_return result<void>();
}

awaitable<result<void>> federated::identify()
{
    auto const shows = [](part const& p) { return p.found && !p.found->hits.empty(); };
    bool const is_named = query_.where.at != level::study && !query_.where.study_uid.empty();
    if (!is_named || std::ranges::count_if(parts_, shows) < 2)
        co_return result<void>();
    auto const one = [this](part& p, time_point until) { return identify(p, until); };
    co_return co_await upstream::ask_each(parts_, deadline_, one);
}

void federated::merge()
{
    bool all_answered = true;
    for (auto& p : parts_) {
        all_answered = all_answered && p.found;
        if (!p.found)
            continue;
        out_.more = out_.more || p.found->more;
        out_.queries += p.found->queries;
        for (auto const& i : p.found->issues)
            if (i.what != issue::kind::informational)
                warn(p, i.text);
        merged_.take(p.rank, std::move(p.found->hits));
    }
    warn_all(merged_.put_in_order());
    auto const after = merged_.cut(query_.offset, query_.limit);
    if (!out_.more && all_answered)
        out_.remaining = static_cast<std::uint32_t>(after);
    out_.more = out_.more || after != 0;
}

/// Who holds the studies of the page may not have been found: his record does not match, or stands further down.
awaitable<result<void>> federated::find_held_by(part& p, time_point until)
{
    auto uids = merged_.unknown_to(p.rank);
    if (!p.found || uids.empty())
        co_return result<void>();
    auto held = co_await upstream::find_held(*p.source, std::move(uids), until);
    if (!held || !held->complete) {
        if (bounds_.federation.partial == config::partial_federation::refuse)
            co_return fail(mapping::errc::incomplete, upstream::place_of(*p.source));
        warn(p, "could not be asked which of these studies it holds too");
    }
    if (!held)
        co_return result<void>();
    out_.queries += held->queries;
    for (auto& study : held->studies) {
        bool const matches = meets(query_, study);
        merged_.take_held(p.rank, std::move(study), matches);
    }
    co_return result<void>();
}

awaitable<result<void>> federated::find_other_holders()
{
    if (query_.where.at != level::study || parts_.size() < 2)
        co_return result<void>();
    auto const one = [this](part& p, time_point until) { return find_held_by(p, until); };
    co_return co_await upstream::ask_each(parts_, deadline_, one);
}

/// One of several sources that cannot tell of its series what their studies lack: they are shown without it.
result<void> federated::tell_unfilled(part const& p, failure const& why)
{
    if (parts_.size() == 1 || upstream::is_of_request(why))
        return tl::unexpected(why);
    if (bounds_.federation.partial == config::partial_federation::refuse)
        return fail(mapping::errc::incomplete, upstream::place_of(*p.source) + ": " + why.code.message(),
                    why.retry_after);
    warn(p, why.code.message() + "; modalities and counts of its studies may be missing");
    return {};
}

awaitable<result<void>> federated::fill_from(part& p, time_point until)
{
    if (!p.found)
        co_return result<void>();
    auto& budget = p.found->fan_out;
    std::vector<study_record*> sparse;
    bool all = true;
    for (auto* const study : merged_.records_of(p.rank)) {
        bool const lacks = std::ranges::any_of(
            query_.counted, [&](mapping::tag t) { return upstream::leaves_to_series(study->attributes, t); });
        if (lacks && sparse.size() < budget.left)
            sparse.push_back(study);
        else
            all = all && !lacks;
    }
    if (!all)
        warn(p, "modalities and counts are not told of all studies; ask for fewer at once");
    std::vector<issue> issues;
    result<void> const done = co_await upstream::deepen(*p.source, sparse, level::series, budget, issues, until);
    for (auto const& i : issues)
        warn(p, i.text);
    if (!done)
        co_return tell_unfilled(p, done.error());
    for (auto* const study : sparse)
        complete_from_series(*study);
    co_return result<void>();
}

awaitable<result<void>> federated::fill()
{
    if (query_.where.at != level::study || query_.counted.empty())
        co_return result<void>();
    auto const one = [this](part& p, time_point until) { return fill_from(p, until); };
    co_return co_await upstream::ask_each(parts_, deadline_, one);
}

awaitable<result<hits_found>> federated::run()
{
    auto const one = [this](part& p, time_point until) { return ask(p, until); };
    result<void> done = co_await upstream::ask_each(parts_, deadline_, one);
    if (done)
        done = co_await identify();
    if (done)
        done = tell_missing();
    if (!done)
        co_return tl::unexpected(done.error());
    merge();
    done = co_await find_other_holders();
    if (done)
        done = co_await fill();
    if (!done)
        co_return tl::unexpected(done.error());
    if (query_.where.at == level::study)
        warn_all(merged_.join_holders());
    out_.hits = std::move(merged_).list();
    co_return std::move(out_);
}

}  // namespace

awaitable<result<hits_found>> find_hits(search_bounds const& bounds, search_query const& query,
                                        std::vector<upstream::searched_source*> sources, time_point deadline)
{
    federated work(bounds, query, std::move(sources), deadline);
    co_return co_await work.run();
}

awaitable<result<search_found>> search(service& s, search_query const& query, target const& whom, time_point deadline)
{
    auto const& config = s.settings.dicomweb;
    search_bounds const bounds{.federation = s.settings.federation,
                               .max_candidates = config.max_candidates,
                               .max_fan_out = config.max_fan_out};
    result<hits_found> found = co_await find_hits(bounds, query, whom.sources, deadline);
    if (!found)
        co_return tl::unexpected(found.error());
    search_found out{.rows = {},
                     .more = found->more,
                     .remaining = found->remaining,
                     .warnings = query.warnings,
                     .queries = found->queries};
    for (auto& text : found->warnings)
        if (std::ranges::find(out.warnings, text) == out.warnings.end())
            out.warnings.push_back(std::move(text));
    for (auto const& h : found->hits)
        out.rows.push_back(to_row(query, *h.study, h.of_series(), h.of_instance(), whom.base));
    co_return out;
}

}  // namespace pons::proxy::dicomweb
