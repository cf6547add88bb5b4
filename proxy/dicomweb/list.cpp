#include "proxy/dicomweb/list.hpp"

#include "mapping/codecs/integer.hpp"
#include "mapping/errc.hpp"
#include "mapping/levels.hpp"
#include "proxy/dicomweb/judging.hpp"
#include "proxy/dicomweb/lettered_keys.hpp"
#include "proxy/dicomweb/pushed.hpp"
#include "proxy/dicomweb/rows.hpp"
#include "upstream/search/doubts.hpp"
#include "upstream/search/study_search.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

namespace pons::proxy::dicomweb {

namespace {

using mapping::data_set;
using mapping::level;
using mapping::match_key;
using mapping::matched;
using mapping::series_record;
using mapping::study_record;
namespace tags = mapping::tags;

constexpr std::size_t studies_at_once = 20;  // where their series are asked for as well

std::uint32_t number_of(data_set const& row, mapping::tag t)
{
    return mapping::codecs::to_unsigned(row.text(t)).value_or(std::numeric_limits<std::uint32_t>::max());
}

bool is_filled_from_series(match_key const& k)
{
    auto const t = k.path.front();
    return t == tags::ModalitiesInStudy || t == tags::NumberOfStudyRelatedSeries ||
           t == tags::NumberOfStudyRelatedInstances;
}

std::vector<upstream::doubts::attribute> deciding(std::span<match_key const> keys)
{
    std::vector<upstream::doubts::attribute> all;
    for (auto const& k : keys)
        all.push_back({.what = k.path.front(), .at = mapping::level_of(k.path.front()), .name = describe(k)});
    return all;
}

/// What each key by itself could not be judged by.
std::vector<std::vector<mapping::tag>> reasons(std::span<match_key const* const> untold)
{
    std::vector<std::vector<mapping::tag>> all;
    for (auto const* const k : untold)
        all.push_back({k->path.front()});
    return all;
}

/// One search of one source.
class lister {
public:
    lister(upstream::searched_source& source, search_query const& query, list_wanted wanted, time_point deadline)
        : source_(source), query_(query), wanted_(wanted), deadline_(deadline), judge_(query.keys)
    {
        for (auto const& k : query.keys) {
            auto const at = mapping::level_of(k.path.front());
            auto const when = [&](bool known) {
                return known ? k : match_key{.path = k.path, .as = k.as, .values = {}};
            };
            at_once_.push_back(when(at == level::study && !is_filled_from_series(k)));
            of_study_.push_back(when(at == level::study));
            of_series_.push_back(when(at != level::instance));
            needs_study_ = needs_study_ || at == level::study;
            needs_series_ = needs_series_ || at == level::series;
        }
        for (auto const t : query.fields) {
            needs_study_ = needs_study_ || (mapping::level_of(t) == level::study && t != tags::StudyInstanceUID);
            needs_series_ = needs_series_ || mapping::level_of(t) == level::series;
        }
    }

    awaitable<result<listed>> run();

private:
    bool study_is_given() const { return !query_.where.study_uid.empty() && query_.where.at != level::study; }
    bool series_is_given() const { return !query_.where.series_uid.empty(); }
    bool full() const { return out_.hits.size() >= wanted_.count; }

    awaitable<result<void>> list_given_study();
    awaitable<result<void>> walk();
    awaitable<result<void>> take(std::vector<study_record>&& studies);
    awaitable<result<void>> fill_for_judging(std::vector<std::shared_ptr<study_record>>& studies);
    void keep(std::shared_ptr<study_record> const& study);
    bool fits(std::vector<match_key> const& keys, std::vector<data_set const*> const& levels);
    hit make_hit(std::shared_ptr<study_record> const& study) const
    {
        hit one;
        one.level = query_.where.at;
        one.at = study_is_given() ? upstream::position{{}, std::string(study->uid())} : upstream::position_of(*study);
        one.study = study;
        return one;
    }

    upstream::searched_source& source_;
    search_query const& query_;
    list_wanted wanted_;
    time_point deadline_;
    mapping::matcher judge_;
    // The keys that can be judged so early, the others without values: by the row of a study as it came, by a study
    // whose modalities and counts are filled in, by its series.
    std::vector<match_key> at_once_;
    std::vector<match_key> of_study_;
    std::vector<match_key> of_series_;
    bool needs_study_ = false;
    bool needs_series_ = false;
    upstream::doubts doubts_{deciding(query_.keys), source_.omits_empty};
    lettered_keys lettered_{query_, source_.text};
    std::size_t candidates_ = 0;  // studies that fit, as far as their rows tell
    listed out_;
};

/// Not no.
bool lister::fits(std::vector<match_key> const& keys, std::vector<data_set const*> const& levels)
{
    return judge(keys, levels, query_.times_apart) != matched::no;
}

void lister::keep(std::shared_ptr<study_record> const& study)
{
    auto const add = [&](hit one, std::vector<data_set const*> const& levels) {
        auto const met = judge(query_.keys, levels, query_.times_apart);
        if (met == matched::open && query_.untold_match)
            one.untold = judge_.missing(levels);
        else if (met == matched::open)
            doubts_.remember(reasons(judge_.missing(levels)), study->attributes);
        if (met == matched::yes || !one.untold.empty())
            out_.hits.push_back(std::move(one));
    };
    if (query_.where.at == level::study)
        return add(make_hit(study), {&study->attributes});
    for (std::size_t s = 0; s < study->series.size(); ++s) {
        auto const& series = study->series[s];
        auto one = make_hit(study);
        one.series = s;
        one.series_number = number_of(series.attributes, tags::SeriesNumber);
        one.series_uid = series.attributes.text(tags::SeriesInstanceUID);
        if (query_.where.at == level::series) {
            if (!one.series_uid.empty())
                add(std::move(one), {&series.attributes, &study->attributes});
            continue;
        }
        for (std::size_t i = 0; i < series.instances.size(); ++i) {
            auto const& instance = series.instances[i];
            doubts_.hear(level::instance, instance);
            one.instance = i;
            one.instance_number = number_of(instance, tags::InstanceNumber);
            one.sop_uid = instance.text(tags::SOPInstanceUID);
            add(one, {&instance, &series.attributes, &study->attributes});
        }
    }
}

/// Series for studies whose modalities or counts are asked about and not told.
awaitable<result<void>> lister::fill_for_judging(std::vector<std::shared_ptr<study_record>>& studies)
{
    if (std::ranges::none_of(query_.keys, is_filled_from_series))
        co_return result<void>();
    std::vector<study_record*> sparse;
    for (auto const& study : studies)
        if (std::ranges::any_of(query_.keys, [&](match_key const& k) {
                return is_filled_from_series(k) && study->attributes.text(k.path.front()).empty();
            }))
            sparse.push_back(study.get());
    result<void> const done = co_await upstream::deepen(source_, sparse, level::series, wanted_.fan_out, out_.issues,
                                                        deadline_, query_.fields);
    for (auto* const study : sparse)
        complete_from_series(*study);
    co_return done;
}

awaitable<result<void>> lister::take(std::vector<study_record>&& studies)
{
    std::vector<std::shared_ptr<study_record>> candidates;
    for (auto& study : studies) {
        doubts_.hear(level::study, study.attributes);
        if (fits(at_once_, {&study.attributes}))
            candidates.push_back(std::make_shared<study_record>(std::move(study)));
        else
            lettered_.refused(study.attributes);
    }
    candidates_ += candidates.size();
    result<void> done = co_await fill_for_judging(candidates);
    if (!done)
        co_return done;
    std::erase_if(candidates, [&](auto const& study) { return !fits(of_study_, {&study->attributes}); });
    if (query_.where.at != level::study) {
        std::vector<study_record*> all;
        for (auto const& study : candidates)
            all.push_back(study.get());
        done = co_await upstream::deepen(source_, all, level::series, wanted_.fan_out, out_.issues, deadline_,
                                         query_.fields);
        if (!done)
            co_return done;
        for (auto* const study : all)
            std::erase_if(study->series, [&](series_record const& s) {
                doubts_.hear(level::series, s.attributes);
                return (series_is_given() && s.attributes.text(tags::SeriesInstanceUID) != query_.where.series_uid) ||
                       !fits(of_series_, {&s.attributes, &study->attributes});
            });
        if (query_.where.at == level::instance) {
            done = co_await upstream::deepen(source_, all, level::instance, wanted_.fan_out, out_.issues, deadline_,
                                             query_.fields);
            if (!done)
                co_return done;
        }
    }
    for (auto const& study : candidates)
        keep(study);
    co_return result<void>();
}

/// The path names the study: it is asked for itself only where something of it is needed.
awaitable<result<void>> lister::list_given_study()
{
    study_record study;
    study.attributes.add(tags::StudyInstanceUID, query_.where.study_uid);
    study.source = source_.facts.get();
    if (series_is_given() && !needs_series_) {
        auto& series = study.series.emplace_back();
        series.attributes.add(tags::SeriesInstanceUID, query_.where.series_uid);
        study.series_known = true;
    }
    std::vector<study_record> one;
    one.push_back(std::move(study));
    co_return co_await take(std::move(one));
}

awaitable<result<void>> lister::walk()
{
    auto const plan = plan_studies(query_, source_.abilities);
    if (leaves_names_to_archive(plan) && !query_.names_as_archive)
        out_.issues.push_back({issue::kind::incomplete, source_.abilities.names_without_case
                                                            ? "the archive compares patient names with accents; names "
                                                              "with rarer ones are not found"
                                                            : "the archive may compare patient names with case and "
                                                              "accents; names written otherwise are not found"});
    std::optional<upstream::position> after;
    std::size_t looked_at = 0;
    std::span<mapping::search::criterion const> const no_criteria;  // judged here, by DICOM's rules
    for (bool again = true; again;) {
        upstream::page_wanted page{.order = {},
                                   .after = after,
                                   .count = wanted_.max_candidates,
                                   .everything = false,
                                   .depth = {},
                                   .max_candidates = wanted_.max_candidates,
                                   .fan_out = wanted_.fan_out,
                                   .now = wanted_.now};
        if (plan.reach != mapping::search::reach::keyed)
            page.count = query_.where.at == level::study ? std::min<std::size_t>(wanted_.count, wanted_.max_candidates)
                                                         : studies_at_once;
        result<upstream::page_found> found =
            co_await upstream::find_page(source_, no_criteria, plan, std::move(page), deadline_);
        if (!found)
            co_return tl::unexpected(found.error());
        out_.queries += found->queries;
        if (found->guessed)
            lettered_.guessed();
        out_.issues.insert(out_.issues.end(), found->issues.begin(), found->issues.end());
        looked_at += found->studies.size();
        if (!found->studies.empty())
            after = upstream::position_of(found->studies.back());
        auto const before = candidates_;
        result<void> const taken = co_await take(std::move(found->studies));
        if (!taken)
            co_return taken;
        if (found->told_otherwise && candidates_ == before)
            out_.issues.push_back({issue::kind::incomplete, upstream::left_out_as_told_otherwise});
        out_.more = found->more;
        again = found->more && !full();
        if (again && looked_at >= wanted_.max_candidates)
            co_return fail(mapping::errc::too_costly, "more studies than allowed would have to be looked at");
    }
    co_return result<void>();
}

awaitable<result<listed>> lister::run()
{
    result<void> done;
    if (study_is_given() && !needs_study_)
        done = co_await list_given_study();
    else
        done = co_await walk();
    if (!done)
        co_return tl::unexpected(done.error());
    doubts_.tell(out_.issues);
    lettered_.tell(!out_.hits.empty(), out_.issues);
    std::erase_if(out_.hits, [this](hit const& h) {
        return std::ranges::any_of(
            h.untold, [&](match_key const* k) { return doubts_.is_answered(k->path.front(), h.study->attributes); });
    });
    std::ranges::sort(out_.hits, before);
    out_.fan_out = wanted_.fan_out;
    co_return std::move(out_);
}

}  // namespace

bool before(hit const& a, hit const& b)
{
    static upstream::order const newest_first;
    if (a.at != b.at)
        return newest_first.before(a.at, b.at);
    return std::tie(a.series_number, a.series_uid, a.instance_number, a.sop_uid) <
           std::tie(b.series_number, b.series_uid, b.instance_number, b.sop_uid);
}

bool meets(search_query const& query, study_record const& study)
{
    data_set const* const levels[] = {&study.attributes};
    return judge(query.keys, levels, query.times_apart) == matched::yes;
}

awaitable<result<listed>> list(upstream::searched_source& source, search_query const& query, list_wanted wanted,
                               time_point deadline)
{
    lister work(source, query, wanted, deadline);
    co_return co_await work.run();
}

}  // namespace pons::proxy::dicomweb
