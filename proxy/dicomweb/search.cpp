#include "proxy/dicomweb/search.hpp"

#include "mapping/codecs/integer.hpp"
#include "mapping/errc.hpp"
#include "proxy/dicomweb/list.hpp"
#include "proxy/dicomweb/rows.hpp"
#include "proxy/fhir/service.hpp"
#include "upstream/federation/ask_each.hpp"
#include "upstream/federation/holders.hpp"
#include "upstream/federation/partial_answer.hpp"
#include "upstream/federation/routing.hpp"
#include "upstream/search/study_search.hpp"

#include <algorithm>
#include <unordered_map>

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
        for (auto* const source : choice.asked)
            parts_.push_back({.source = source, .rank = parts_.size(), .found = listed{}});
    }

    awaitable<result<hits_found>> run();

private:
    awaitable<result<void>> ask(part& p, time_point deadline);
    result<void> tell_missing();
    void merge();
    std::size_t rank_of(hit const& h) const;
    void join(hit& kept, hit const& other);
    void cut();
    awaitable<result<void>> fill();
    awaitable<result<void>> fill_from(part& p, time_point until);
    result<void> tell_unfilled(part const& p, failure const& why);
    void warn(std::string text)
    {
        if (std::ranges::find(out_.warnings, text) == out_.warnings.end())
            out_.warnings.push_back(std::move(text));
    }
    void warn(part const& p, std::string const& text) { warn(upstream::place_of(*p.source) + ": " + text); }

    search_bounds const& bounds_;
    search_query const& query_;
    time_point deadline_;
    std::vector<part> parts_;
    std::vector<hit> all_;
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

std::string to_larger(data_set const& a, data_set const& b, mapping::tag t)
{
    auto const x = mapping::codecs::to_unsigned(a.text(t));
    auto const y = mapping::codecs::to_unsigned(b.text(t));
    return x || y ? std::to_string(std::max(x.value_or(0), y.value_or(0))) : std::string();
}

/// Two holders of one study: the first one's attributes, with what both know of how much there is.
void federated::join(hit& kept, hit const& other)
{
    if (query_.where.at != level::study || kept.study->source == other.study->source)
        return;
    if (!upstream::agree_on_patient(*kept.study, *other.study)) {
        warn(upstream::describe_disagreement(*kept.study, *other.study));
        return;
    }
    auto& a = kept.study->attributes;
    auto const& b = other.study->attributes;
    data_set both;
    std::vector<std::string_view> modalities;
    for (data_set const* const row : {&std::as_const(a), &b})
        for (std::size_t i = 0; i < row->count(tags::ModalitiesInStudy); ++i)
            if (auto const m = row->text(tags::ModalitiesInStudy, i);
                !m.empty() && std::ranges::find(modalities, m) == modalities.end())
                modalities.push_back(m);
    if (!modalities.empty())
        both.add(tags::ModalitiesInStudy, mapping::vr_of('C', 'S'), modalities);
    for (auto const t : {tags::NumberOfStudyRelatedSeries, tags::NumberOfStudyRelatedInstances})
        if (auto const larger = to_larger(a, b, t); !larger.empty())
            both.add(t, larger);
    add_rest(both, a);
    a = std::move(both);
}

std::size_t federated::rank_of(hit const& h) const
{
    auto const of = std::ranges::find(parts_, h.study->source, [](part const& p) { return p.source->facts.get(); });
    return of->rank;
}

/// Each once, at the first of its places, as the first of its sources has it.
void federated::merge()
{
    std::vector<hit> every;
    for (auto& p : parts_) {
        if (!p.found)
            continue;
        out_.more = out_.more || p.found->more;
        out_.queries += p.found->queries;
        for (auto const& i : p.found->issues)
            if (i.what != issue::kind::informational)
                warn(p, i.text);
        std::ranges::move(p.found->hits, std::back_inserter(every));
    }
    std::ranges::stable_sort(every, before);
    std::unordered_map<std::string, std::size_t> by_uid;
    for (auto& one : every) {
        auto key = std::string(one.study->uid()) + '\\' + one.series_uid + '\\' + one.sop_uid;
        auto const [at, is_new] = by_uid.emplace(std::move(key), all_.size());
        if (is_new) {
            all_.push_back(std::move(one));
            continue;
        }
        auto& kept = all_[at->second];
        if (rank_of(one) < rank_of(kept)) {
            std::swap(kept, one);
            std::swap(kept.at, one.at);
        }
        join(kept, one);
    }
}

void federated::cut()
{
    auto const first = std::min<std::size_t>(query_.offset, all_.size());
    auto const count = std::min<std::size_t>(query_.limit, all_.size() - first);
    auto const after = all_.size() - first - count;
    if (!out_.more)
        out_.remaining = static_cast<std::uint32_t>(after);
    out_.more = out_.more || after != 0;
    all_.erase(all_.begin() + static_cast<std::ptrdiff_t>(first + count), all_.end());
    all_.erase(all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(first));
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
    for (auto const& h : all_) {
        auto const& a = h.study->attributes;
        bool const lacks = a.text(tags::ModalitiesInStudy).empty() ||
                           a.text(tags::NumberOfStudyRelatedSeries).empty() ||
                           a.text(tags::NumberOfStudyRelatedInstances).empty();
        if (!lacks || h.study->source != p.source->facts.get())
            continue;
        if (sparse.size() < budget.left)
            sparse.push_back(h.study.get());
        else
            all = false;
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
    if (query_.where.at != level::study || !query_.counted)
        co_return result<void>();
    auto const one = [this](part& p, time_point until) { return fill_from(p, until); };
    co_return co_await upstream::ask_each(parts_, deadline_, one);
}

awaitable<result<hits_found>> federated::run()
{
    auto const one = [this](part& p, time_point until) { return ask(p, until); };
    result<void> done = co_await upstream::ask_each(parts_, deadline_, one);
    if (done)
        done = tell_missing();
    if (!done)
        co_return tl::unexpected(done.error());
    merge();
    cut();
    done = co_await fill();
    if (!done)
        co_return tl::unexpected(done.error());
    out_.hits = std::move(all_);
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
