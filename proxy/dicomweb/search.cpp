#include "proxy/dicomweb/search.hpp"

#include "mapping/codecs/integer.hpp"
#include "mapping/errc.hpp"
#include "proxy/dicomweb/list.hpp"
#include "proxy/dicomweb/rows.hpp"
#include "proxy/fhir/holders.hpp"
#include "proxy/fhir/service.hpp"
#include "proxy/partial_answer.hpp"
#include "upstream/fan_out.hpp"
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
    result<listed> found = listed{};
};

class federated {
public:
    federated(service& s, search_query const& query, target const& whom, time_point deadline)
        : service_(s), query_(query), whom_(whom), deadline_(deadline)
    {
        for (auto* const source : whom.sources)
            parts_.push_back({.source = source, .found = listed{}});
    }

    awaitable<result<search_found>> run();

private:
    awaitable<result<void>> ask(part& p, time_point deadline);
    result<void> weigh_failures();
    void merge();
    void join(hit& kept, hit const& other);
    void cut();
    awaitable<result<void>> fill();
    void warn(std::string text)
    {
        if (std::ranges::find(out_.warnings, text) == out_.warnings.end())
            out_.warnings.push_back(std::move(text));
    }
    void warn(part const& p, std::string const& text) { warn("source " + p.source->facts->name + ": " + text); }

    service& service_;
    search_query const& query_;
    target const& whom_;
    time_point deadline_;
    std::vector<part> parts_;
    std::vector<hit> all_;
    search_found out_;
};

awaitable<result<void>> federated::ask(part& p, time_point deadline)
{
    auto const& config = service_.settings.dicomweb;
    list_wanted const wanted{.count = std::size_t{query_.offset} + query_.limit + 1,
                             .max_candidates = config.max_candidates,
                             .fan_out = {.left = config.max_fan_out},
                             .now = fhir::now_in_microseconds()};
    p.found = co_await list(*p.source, query_, wanted, deadline);
    co_return result<void>();
}

result<void> federated::weigh_failures()
{
    std::vector<source_answer> answers;
    for (auto const& p : parts_)
        answers.push_back({.error = p.found ? nullptr : &p.found.error(),
                           .matched = p.found && !p.found->hits.empty(),
                           .place = "source " + p.source->facts->name});
    if (auto const weighed = proxy::weigh_failures(answers, service_.settings.federation.partial); !weighed)
        return weighed;
    for (auto const& p : parts_)
        if (!p.found)
            warn(p, p.found.error().code.message() + "; its results are missing");
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
    if (!fhir::agree_on_patient(*kept.study, *other.study)) {
        warn("source " + other.study->source->name + " holds a study under the same Study Instance UID as source " +
             kept.study->source->name + ", but of another patient; the two were not merged");
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
        if (is_new)
            all_.push_back(std::move(one));
        else
            join(all_[at->second], one);
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

awaitable<result<void>> federated::fill()
{
    if (query_.where.at != level::study)
        co_return result<void>();
    auto one = [this](std::size_t index) -> awaitable<result<void>> {
        auto& p = parts_[index];
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
        result<void> const done =
            co_await upstream::deepen(*p.source, sparse, level::series, budget, issues, deadline_);
        for (auto const& i : issues)
            warn(p, i.text);
        for (auto* const study : sparse)
            complete_from_series(*study);
        co_return done;
    };
    co_return co_await upstream::fan_out(parts_.size(), parts_.size(), one);
}

awaitable<result<search_found>> federated::run()
{
    out_.warnings = query_.warnings;
    // With several sources one that is silent is given up after three quarters of the time.
    auto const now = clock::now();
    auto const patience = parts_.size() > 1 && deadline_ > now ? now + (deadline_ - now) / 4 * 3 : deadline_;
    auto one = [this, patience](std::size_t index) { return ask(parts_[index], patience); };
    result<void> done = co_await upstream::fan_out(parts_.size(), parts_.size(), one);
    if (done)
        done = weigh_failures();
    if (!done)
        co_return tl::unexpected(done.error());
    merge();
    cut();
    done = co_await fill();
    if (!done)
        co_return tl::unexpected(done.error());
    for (auto const& h : all_) {
        auto const* const series = query_.where.at == level::study ? nullptr : &h.study->series[h.series];
        auto const* const instance = query_.where.at == level::instance ? &series->instances[h.instance] : nullptr;
        out_.rows.push_back(to_row(query_, *h.study, series, instance, whom_.base));
    }
    co_return std::move(out_);
}

}  // namespace

awaitable<result<search_found>> search(service& s, search_query const& query, target const& whom, time_point deadline)
{
    federated work(s, query, whom, deadline);
    co_return co_await work.run();
}

}  // namespace pons::proxy::dicomweb
