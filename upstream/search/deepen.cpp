#include "upstream/search/deepen.hpp"

#include "mapping/codecs/integer.hpp"
#include "mapping/errc.hpp"
#include "mapping/levels.hpp"
#include "mapping/tables/imaging_study.hpp"
#include "upstream/capped/row_limit.hpp"
#include "upstream/fan_out.hpp"
#include "upstream/search/rows.hpp"
#include "upstream/search/uncounted.hpp"
#include "upstream/source_text.hpp"
#include "upstream/trace/search_trace.hpp"

#include <algorithm>
#include <limits>
#include <unordered_map>

namespace pons::upstream {

namespace {

using mapping::data_set;
using mapping::level;
using mapping::series_record;
using mapping::study_record;
namespace tags = mapping::tags;

constexpr std::size_t uids_per_query = 50;

/// By number, then UID: what people expect, and the same whichever way the archive sorts.
template <class Get>
void sort_by_number(auto& all, mapping::tag number, mapping::tag uid, Get const& attributes)
{
    auto const key = [&](auto const& one) {
        auto const n = mapping::codecs::to_unsigned(attributes(one).text(number));
        return std::pair(n ? *n : std::numeric_limits<std::uint32_t>::max(), attributes(one).text(uid));
    };
    std::ranges::sort(all, [&](auto const& a, auto const& b) { return key(a) < key(b); });
}

bool spend(fan_out_budget& budget, std::size_t queries)
{
    if (queries > budget.left)
        return false;
    budget.left -= static_cast<std::uint32_t>(queries);
    return true;
}

tl::unexpected<failure> too_many(std::string_view what)
{
    return fail(mapping::errc::too_costly, "the " + std::string(what) + " would have to be asked for");
}

class deepener {
public:
    deepener(searched_source& source, std::vector<issue>& issues, time_point deadline,
             std::span<mapping::tag const> also)
        : source_(source), issues_(issues), deadline_(deadline), also_(also)
    {
    }

    awaitable<result<void>> series(std::span<study_record* const> studies, fan_out_budget& budget);
    awaitable<result<void>> instances(std::span<study_record* const> studies, fan_out_budget& budget);

private:
    awaitable<result<void>> series_of_many(std::span<study_record* const> studies, fan_out_budget& budget);
    awaitable<result<void>> series_of_one(study_record& study);
    awaitable<result<void>> instances_of_study(study_record& study, fan_out_budget& budget);
    awaitable<result<void>> instances_of_series(study_record& study, series_record& one);
    void tell(found const& how, bool held_back, std::uint32_t unusable, std::string_view what);
    /// Of `rows` so many were of use.
    void drop(unique_rows const& rows, std::size_t kept) const
    {
        if (!source_.trace)
            return;
        source_.trace->drop("a row without a usable UID", rows.unusable);
        source_.trace->drop("a row that was repeated", rows.repeated());
        source_.trace->drop("a row of another study or series", rows.rows.size() - kept);
    }
    void finish_series(study_record& study, std::vector<series_record>&& all);
    awaitable<result<found>> ask(mapping::find_request& request, row_sink& rows)
    {
        request.max_rows = source_.max_rows;
        for (auto const t : also_)
            if (mapping::belongs_at(t, request.at) &&
                std::ranges::find(request.return_keys, t) == request.return_keys.end())
                request.return_keys.push_back(t);
        return source_.where->find(request, rows, deadline_);
    }
    /// The archive stopped before the end, with or without a word: of `own` rows, or more where it gave those of others
    /// as well. Counts are often out of date, and taken for a sign only where it may have stopped.
    bool holds_back(level at, found const& how, std::uint32_t received, std::size_t own,
                    std::optional<std::uint32_t> counted) const
    {
        if (how.truncated || counted == own)
            return counted != own;
        received = std::max(received, how.longest);
        bool const others = received > own;
        return (counted > own || (others && !counted)) && source_.limit &&
               source_.limit->may_be(at, received, clock::now());
    }

    searched_source& source_;
    std::vector<issue>& issues_;
    time_point deadline_;
    std::span<mapping::tag const> also_;
};

void deepener::tell(found const& how, bool held_back, std::uint32_t unusable, std::string_view what)
{
    auto issues = how.issues;
    take_guessed_text(issues);
    issues_.insert(issues_.end(), issues.begin(), issues.end());
    if (held_back)
        issues_.push_back(held_back_of_study(source_, what));
    if (unusable != 0)
        issues_.push_back({issue::kind::incomplete, "the archive gave " + std::string(what) + " without a UID"});
}

void deepener::finish_series(study_record& study, std::vector<series_record>&& all)
{
    sort_by_number(all, tags::SeriesNumber, tags::SeriesInstanceUID,
                   [](series_record const& s) -> data_set const& { return s.attributes; });
    if (!all.empty())
        drop_counts_of_none(study.attributes);
    study.series = std::move(all);
    study.series_known = true;
}

awaitable<result<void>> deepener::series_of_one(study_record& study)
{
    unique_rows rows(tags::SeriesInstanceUID, "the series of a study");
    std::vector<std::string> uid(1, std::string(study.uid()));
    auto request = mapping::search::series_of(std::move(uid));
    auto const how = co_await ask(request, rows);
    if (!how)
        co_return tl::unexpected(how.error());
    std::vector<series_record> all;
    for (auto& row : rows.rows) {
        auto const owner = row.text(tags::StudyInstanceUID);
        if (owner.empty() || owner == study.uid())
            all.push_back({.attributes = std::move(row), .instances = {}, .instances_known = false});
    }
    drop(rows, all.size());
    auto const counted = mapping::codecs::to_unsigned(study.attributes.text(tags::NumberOfStudyRelatedSeries));
    bool const held_back = holds_back(level::series, *how, rows.received, all.size(), counted);
    study.partial = study.partial || held_back || rows.unusable != 0;
    tell(*how, held_back, rows.unusable, "series");
    finish_series(study, std::move(all));
    co_return result<void>();
}

/// One query for many studies. A study without rows is asked for again alone: a list that the archive did not
/// understand must not make a study without series.
awaitable<result<void>> deepener::series_of_many(std::span<study_record* const> studies, fan_out_budget& budget)
{
    std::vector<std::string> uids;
    std::unordered_map<std::string_view, std::vector<series_record>> of;
    for (auto const* const study : studies) {
        uids.emplace_back(study->uid());
        of[study->uid()];
    }
    unique_rows rows(tags::SeriesInstanceUID, "the series of several studies");
    auto request = mapping::search::series_of(std::move(uids));
    auto const how = co_await ask(request, rows);
    if (!how)
        co_return tl::unexpected(how.error());
    std::size_t kept = 0;
    for (auto& row : rows.rows) {
        auto const owner = of.find(row.text(tags::StudyInstanceUID));
        if (how->truncated || owner == of.end())
            continue;
        owner->second.push_back({.attributes = std::move(row), .instances = {}, .instances_known = false});
        ++kept;
    }
    tell(*how, false, rows.unusable, "series");
    drop(rows, kept);
    for (auto* const study : studies) {
        if (auto& all = of[study->uid()]; !all.empty()) {
            finish_series(*study, std::move(all));
            continue;
        }
        if (!spend(budget, 1))
            co_return too_many("series of too many studies");
        result<void> const done = co_await series_of_one(*study);
        if (!done)
            co_return done;
    }
    co_return result<void>();
}

awaitable<result<void>> deepener::series(std::span<study_record* const> studies, fan_out_budget& budget)
{
    auto const per_query = source_.series_by_uid_list && studies.size() > 1 ? uids_per_query : 1;
    auto const queries = (studies.size() + per_query - 1) / per_query;
    if (!spend(budget, queries))
        co_return too_many("series of too many studies");
    auto one = [&](std::size_t index) -> awaitable<result<void>> {
        if (per_query == 1)
            return series_of_one(*studies[index]);
        auto const from = index * per_query;
        return series_of_many(studies.subspan(from, std::min(per_query, studies.size() - from)), budget);
    };
    result<void> const done = co_await fan_out(queries, source_.width, one);
    if (!done)
        co_return done;
    co_return co_await series_beyond(source_, studies, budget, issues_, deadline_);
}

/// One query for all series of a study. Those that it seems to leave out, or to cut, are asked for again alone.
awaitable<result<void>> deepener::instances_of_study(study_record& study, fan_out_budget& budget)
{
    unique_rows rows(tags::SOPInstanceUID, "the instances of a study");
    auto request = mapping::search::instances_of(std::string(study.uid()), {});
    auto const how = co_await ask(request, rows);
    if (!how)
        co_return tl::unexpected(how.error());
    tell(*how, false, rows.unusable, "instances");
    std::unordered_map<std::string_view, series_record*> of;
    study.partial = study.partial || rows.unusable != 0;
    if (!how->truncated)  // else each series is asked for alone
        for (auto& one : study.series)
            of[one.attributes.text(tags::SeriesInstanceUID)] = &one;
    std::vector<std::pair<series_record*, data_set*>> placed;
    for (auto& row : rows.rows) {
        auto const owner = row.text(tags::StudyInstanceUID);
        auto const at = of.find(row.text(tags::SeriesInstanceUID));
        if (at != of.end() && (owner.empty() || owner == study.uid()))
            placed.emplace_back(at->second, &row);
    }
    drop(rows, placed.size());
    for (auto const& [one, row] : placed)
        one->instances.push_back(std::move(*row));
    auto const may_be_cut = [&] {
        return source_.limit &&
               source_.limit->may_be(level::instance, std::max(rows.received, how->longest), clock::now());
    };
    auto const in_study = count_in(study.attributes, tags::NumberOfStudyRelatedInstances);
    auto const lacks = [&](series_record const& one) {
        auto const in_series = count_in(one.attributes, tags::NumberOfSeriesRelatedInstances);
        return in_series ? in_series > one.instances.size() : !in_study || in_study > placed.size();
    };
    std::size_t all = 0;
    for (auto& one : study.series) {
        // No series is empty: the archive left the upper key aside.
        bool const short_of = one.instances.empty() || (may_be_cut() && lacks(one));
        if (short_of && mapping::tables::presentable(one)) {
            if (!spend(budget, 1))
                co_return too_many("instances of too many series");
            result<void> const done = co_await instances_of_series(study, one);
            if (!done)
                co_return done;
        }
        one.instances_known = true;
        sort_by_number(one.instances, tags::InstanceNumber, tags::SOPInstanceUID,
                       [](data_set const& d) -> data_set const& { return d; });
        all += one.instances.size();
    }
    if (!study.partial && in_study > all && may_be_cut()) {
        study.partial = true;
        tell({}, true, 0, "instances");
    }
    co_return result<void>();
}

awaitable<result<void>> deepener::instances_of_series(study_record& study, series_record& one)
{
    unique_rows rows(tags::SOPInstanceUID, "the instances of a series");
    std::string uid(one.attributes.text(tags::SeriesInstanceUID));
    auto request = mapping::search::instances_of(std::string(study.uid()), uid);
    auto const how = co_await ask(request, rows);
    if (!how)
        co_return tl::unexpected(how.error());
    one.instances.clear();
    for (auto& row : rows.rows) {
        auto const study_uid = row.text(tags::StudyInstanceUID);
        auto const series_uid = row.text(tags::SeriesInstanceUID);
        if ((study_uid.empty() || study_uid == study.uid()) && (series_uid.empty() || series_uid == uid))
            one.instances.push_back(std::move(row));
    }
    drop(rows, one.instances.size());
    auto const counted = mapping::codecs::to_unsigned(one.attributes.text(tags::NumberOfSeriesRelatedInstances));
    bool const held_back = holds_back(level::instance, *how, rows.received, one.instances.size(), counted);
    study.partial = study.partial || held_back || rows.unusable != 0;
    tell(*how, held_back, rows.unusable, "instances");
    one.instances_known = true;
    sort_by_number(one.instances, tags::InstanceNumber, tags::SOPInstanceUID,
                   [](data_set const& d) -> data_set const& { return d; });
    co_return result<void>();
}

awaitable<result<void>> deepener::instances(std::span<study_record* const> studies, fan_out_budget& budget)
{
    std::vector<std::pair<study_record*, series_record*>> jobs;
    for (auto* const study : studies) {
        if (source_.abilities.relational && study->series.size() > 1) {
            jobs.emplace_back(study, nullptr);
            continue;
        }
        for (auto& one : study->series) {
            // A series without a usable UID is not shown and cannot be asked for.
            one.instances_known = one.instances_known || !mapping::tables::presentable(one);
            if (!one.instances_known)
                jobs.emplace_back(study, &one);
        }
    }
    if (!spend(budget, jobs.size()))
        co_return too_many("instances of too many series");
    auto one = [&](std::size_t index) -> awaitable<result<void>> {
        auto const [study, series] = jobs[index];
        return series ? instances_of_series(*study, *series) : instances_of_study(*study, budget);
    };
    result<void> const done = co_await fan_out(jobs.size(), source_.width, one);
    if (!done)
        co_return done;
    co_return co_await instances_beyond(source_, studies, budget, issues_, deadline_);
}

}  // namespace

awaitable<result<void>> deepen(searched_source& source, std::span<study_record* const> studies, level depth,
                               fan_out_budget& budget, std::vector<issue>& issues, time_point deadline,
                               std::span<mapping::tag const> also)
{
    deepener work(source, issues, deadline, also);
    std::vector<study_record*> lacking;
    for (auto* const study : studies)
        if (depth != level::study && !study->series_known)
            lacking.push_back(study);
    result<void> done = co_await work.series(lacking, budget);
    if (!done || depth != level::instance)
        co_return done;
    lacking.clear();
    for (auto* const study : studies)
        if (!study->known_to(level::instance))
            lacking.push_back(study);
    co_return co_await work.instances(lacking, budget);
}

mapping::study_record named_study(std::string_view study_uid, std::string_view series_uid)
{
    study_record study;
    study.attributes.add(tags::StudyInstanceUID, study_uid);
    if (!series_uid.empty()) {
        study.series.emplace_back().attributes.add(tags::SeriesInstanceUID, series_uid);
        study.series_known = true;
    }
    return study;
}

}  // namespace pons::upstream
