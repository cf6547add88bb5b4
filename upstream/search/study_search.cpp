#include "upstream/search/study_search.hpp"

#include "mapping/codecs/identifier.hpp"
#include "mapping/errc.hpp"
#include "mapping/search/judge.hpp"
#include "mapping/tables/imaging_study.hpp"
#include "upstream/search/rows.hpp"
#include "upstream/search/window.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <unordered_set>

namespace pons::upstream {

namespace {

using mapping::data_set;
using mapping::level;
using mapping::study_record;
using mapping::codecs::da_range;
using mapping::codecs::local_days;
using mapping::search::plan;
using mapping::search::reach;
using mapping::search::verdict;
namespace tags = mapping::tags;

struct candidate {
    study_record study;
    position at;
};

/// One search of one source. Candidates are judged as far as their study level tells when they come, and deeper only
/// when their turn comes.
class searcher {
public:
    searcher(searched_source& source, std::span<mapping::search::criterion const> criteria, plan const& p,
             page_wanted wanted, time_point deadline)
        : source_(source), judge_(criteria), plan_(p), wanted_(std::move(wanted)), deadline_(deadline)
    {
    }

    awaitable<result<page_found>> run();

private:
    struct asked {
        std::size_t rows = 0;
        std::size_t outside = 0;  // of them, with a date that was not asked for, or none
        bool capped = false;
        std::vector<std::size_t> of_each;  // rows of each alternative

        bool dates_ignored() const { return outside * 2 > rows; }
    };

    awaitable<result<void>> collect();
    awaitable<result<void>> walk(bool stop_when_full);
    awaitable<result<void>> ask_without_dates(bool stop_when_full);
    awaitable<result<void>> ask_undated();
    awaitable<result<void>> try_again(std::span<std::size_t const> rows);
    awaitable<result<asked>> ask(da_range const* dates);
    awaitable<result<asked>> ask_one(mapping::find_request& request, da_range const* dates);
    awaitable<result<void>> resolve_studies();
    void keep(std::vector<data_set>&& rows);
    awaitable<result<void>> emit_until(std::optional<std::int64_t> complete_from, bool undated);
    awaitable<result<void>> settle(std::vector<candidate>& batch);
    awaitable<result<void>> finish_page();

    bool full() const { return !wanted_.everything && found_.studies.size() > wanted_.count; }
    bool too_many() const { return seen_.size() > wanted_.max_candidates; }
    local_days today() const
    {
        return std::chrono::floor<std::chrono::days>(
            std::chrono::local_time<std::chrono::microseconds>(std::chrono::microseconds(wanted_.now)));
    }
    void unusable_uid() { incomplete("a study of the archive has no usable Study Instance UID (0020,000D)"); }
    void incomplete(std::string text) { found_.issues.push_back({issue::kind::incomplete, std::move(text)}); }

    searched_source& source_;
    mapping::search::judge judge_;
    plan plan_;
    page_wanted wanted_;
    time_point deadline_;

    std::unordered_set<std::string> seen_;
    std::set<std::string> resolved_;  // studies of the series or instances that were asked for
    std::vector<candidate> waiting_;  // not yet emitted: no study-level criterion said no
    std::size_t matched_ = 0;         // of all pages
    bool dates_ignored_ = false;      // everything was asked for without dates
    page_found found_;
};

/// Takes the rows of one query: each study once, judged as far as its study level tells.
void searcher::keep(std::vector<data_set>&& rows)
{
    for (auto& row : rows) {
        std::string uid(row.text(tags::StudyInstanceUID));
        if (!seen_.insert(uid).second)
            continue;
        if (!mapping::codecs::is_uid(uid)) {
            unusable_uid();
            continue;
        }
        candidate one;
        one.study.attributes = std::move(row);
        one.study.source = source_.facts.get();
        if (judge_.of(one.study) == verdict::no)
            continue;
        one.at = position_of(one.study);
        waiting_.push_back(std::move(one));
    }
}

awaitable<result<searcher::asked>> searcher::ask_one(mapping::find_request& request, da_range const* dates)
{
    unique_rows rows(request.at == level::study    ? tags::StudyInstanceUID
                     : request.at == level::series ? tags::SeriesInstanceUID
                                                   : tags::SOPInstanceUID);
    request.max_rows = std::min(source_.max_rows, wanted_.max_candidates + 1);
    ++found_.queries;
    auto const how = co_await source_.where->find(request, rows, deadline_);
    if (!how)
        co_return tl::unexpected(how.error());
    found_.issues.insert(found_.issues.end(), how->issues.begin(), how->issues.end());
    if (rows.unusable != 0)
        incomplete("the archive gave a match without a UID");
    asked a;
    a.rows = rows.rows.size();
    if (dates && !dates->unbounded() && request.at == level::study)
        a.outside = static_cast<std::size_t>(std::ranges::count_if(rows.rows, [&](data_set const& row) {
            auto const day = mapping::codecs::parse_da(row.text(tags::StudyDate));
            return !day || !dates->contains(*day);
        }));
    // A cap that is known or announced: what came is not all.
    a.capped = how->truncated || (source_.max_results != 0 && rows.received >= source_.max_results);
    if (request.at == level::study) {
        keep(std::move(rows.rows));
    } else {
        for (auto const& row : rows.rows) {
            auto const uid = row.text(tags::StudyInstanceUID);
            if (uid.empty())
                co_return fail(errc::malformed, "Study Instance UID (0020,000D) is missing");
            if (mapping::codecs::is_uid(uid))
                resolved_.emplace(uid);
            else
                unusable_uid();
        }
    }
    co_return a;
}

/// All alternatives of the plan over `dates`.
awaitable<result<searcher::asked>> searcher::ask(da_range const* dates)
{
    asked all;
    for (auto const& alternative : plan_.alternatives) {
        auto request = mapping::search::to_find_request(plan_, alternative, dates);
        auto const one = co_await ask_one(request, dates);
        if (!one)
            co_return tl::unexpected(one.error());
        all.of_each.push_back(one->rows);
        all.rows += one->rows;
        all.outside += one->outside;
        all.capped = all.capped || one->capped;
    }
    co_return all;
}

/// Series and instances are asked for first where the archive is relational: what they bring are studies' UIDs.
awaitable<result<void>> searcher::resolve_studies()
{
    auto const how = co_await ask(nullptr);
    if (!how)
        co_return tl::unexpected(how.error());
    if (how->capped)
        incomplete("the archive held back series or instances that match");
    plan_.asked_at = level::study;
    plan_.alternatives.clear();
    std::vector<std::string> uids(resolved_.begin(), resolved_.end());
    for (std::size_t from = 0; from < uids.size(); from += 100) {
        auto const to = std::min(from + 100, uids.size());
        std::vector<std::string> part(uids.begin() + static_cast<std::ptrdiff_t>(from),
                                      uids.begin() + static_cast<std::ptrdiff_t>(to));
        plan_.alternatives.push_back({mapping::key{tags::StudyInstanceUID, std::move(part)}});
    }
    co_return result<void>();
}

/// Walks back in time through all windows, or until the page is full.
awaitable<result<void>> searcher::walk(bool stop_when_full)
{
    std::optional<local_days> start;
    if (stop_when_full && wanted_.after && wanted_.after->started)
        // The day of the last study, and one more for zones.
        start = std::chrono::floor<std::chrono::days>(std::chrono::local_time<std::chrono::microseconds>(
                    std::chrono::microseconds(*wanted_.after->started))) +
                std::chrono::days{1};
    window_walk windows(plan_.dates, start, today(), std::max<std::size_t>(wanted_.count * 2, 50));
    while (auto const window = windows.next()) {
        auto const how = co_await ask(&*window);
        if (!how)
            co_return tl::unexpected(how.error());
        if (how->dates_ignored())
            co_return co_await ask_without_dates(stop_when_full);
        if (how->capped) {
            if (windows.halve())
                continue;
            incomplete("the archive held back studies of a day that it has too many of");
        }
        if (too_many() && !stop_when_full)
            co_return fail(mapping::errc::too_costly, "more studies than allowed would have to be looked at");
        windows.answered(how->rows);
        if (!stop_when_full)
            continue;
        std::optional<std::int64_t> complete_from;
        if (!windows.done())
            // Zones and values without a time shift instants by up to a day.
            complete_from = mapping::codecs::begin_of(*windows.complete_from() + std::chrono::days{1});
        result<void> const emitted = co_await emit_until(complete_from, false);
        if (!emitted || full())
            co_return emitted;
    }
    co_return result<void>();
}

/// The archive leaves Study Date aside: windows would bring the same studies again and again, so that one query without
/// a date must do.
awaitable<result<void>> searcher::ask_without_dates(bool stop_when_full)
{
    dates_ignored_ = true;
    auto const how = co_await ask(nullptr);
    if (!how)
        co_return tl::unexpected(how.error());
    if (too_many())
        co_return fail(mapping::errc::too_costly, "more studies than allowed would have to be looked at");
    if (how->capped)
        incomplete("the archive held back studies, and it does not match study dates");
    if (stop_when_full)
        co_return co_await emit_until({}, true);
    co_return result<void>();
}

/// Studies without a usable Study Date match no range of dates.
awaitable<result<void>> searcher::ask_undated()
{
    if (source_.abilities.empty_value_matching) {
        for (auto const& alternative : plan_.alternatives) {
            auto request = mapping::search::to_find_request(plan_, alternative, nullptr);
            request.keys.push_back({tags::StudyDate, std::vector<std::string>(1, "\"\"")});
            auto const one = co_await ask_one(request, nullptr);
            if (!one)
                co_return tl::unexpected(one.error());
            if (one->capped)
                incomplete("the archive held back studies without a date");
        }
        co_return result<void>();
    }
    auto const how = co_await ask(nullptr);
    if (!how)
        co_return tl::unexpected(how.error());
    if (how->capped)
        incomplete("studies without a date may be missing: the archive cannot be asked for them alone");
    co_return result<void>();
}

/// What was not found may be stored with leading spaces.
awaitable<result<void>> searcher::try_again(std::span<std::size_t const> rows)
{
    for (auto const& again : plan_.second_tries) {
        if (std::ranges::any_of(again.instead_of, [&](std::size_t i) { return rows[i] != 0; }))
            continue;
        auto request = mapping::search::to_find_request(plan_, again.keys, nullptr);
        auto const how = co_await ask_one(request, nullptr);
        if (!how)
            co_return tl::unexpected(how.error());
        if (how->capped)
            incomplete("studies may be missing whose " + mapping::describe(again.keys.front().attribute) +
                       " is stored with leading spaces: too many have one that ends alike");
    }
    co_return result<void>();
}

/// Everything that may match is in `waiting_` afterwards.
awaitable<result<void>> searcher::collect()
{
    bool const hull =
        plan_.reach != reach::keyed && plan_.dated_may_match && !plan_.undated_may_match && !plan_.dates.unbounded();
    da_range const* const dates = hull ? &plan_.dates : nullptr;
    auto const how = co_await ask(dates);
    if (!how)
        co_return tl::unexpected(how.error());
    if (too_many())
        co_return fail(mapping::errc::too_costly, "more studies than allowed would have to be looked at");
    result<void> const again = co_await try_again(how->of_each);
    if (!again || !how->capped)
        co_return again;
    if (plan_.dated_may_match) {
        result<void> const walked = co_await walk(false);
        if (!walked)
            co_return walked;
    }
    if (plan_.undated_may_match && !dates_ignored_) {
        if (source_.abilities.empty_value_matching)
            co_return co_await ask_undated();
        incomplete("studies without a date may be missing: the archive gives no more than a part of its matches");
    }
    co_return result<void>();
}

/// Judges a batch for good, asking for series and instances where needed; those that match are left.
awaitable<result<void>> searcher::settle(std::vector<candidate>& batch)
{
    std::vector<study_record*> open;
    for (auto& one : batch)
        if (judge_.of(one.study) == verdict::open)
            open.push_back(&one.study);
    for (auto const depth : {level::series, level::instance}) {
        if (open.empty() || depth > judge_.depth())
            break;
        result<void> const deeper = co_await deepen(source_, open, depth, wanted_.fan_out, found_.issues, deadline_);
        if (!deeper)
            co_return tl::unexpected(deeper.error());
        std::erase_if(open, [&](study_record const* study) { return judge_.of(*study) != verdict::open; });
    }
    std::erase_if(batch, [&](candidate const& one) { return judge_.of(one.study) != verdict::yes; });
    co_return result<void>();
}

/// Moves what is final from `waiting_` to the page, in order: dated studies from `complete_from` on (all, when not
/// given), undated ones when `undated`.
awaitable<result<void>> searcher::emit_until(std::optional<std::int64_t> complete_from, bool undated)
{
    std::vector<candidate> ready;
    std::erase_if(waiting_, [&](candidate& one) {
        bool const final = one.at.started ? (!complete_from || *one.at.started >= *complete_from) : undated;
        if (final)
            ready.push_back(std::move(one));
        return final;
    });
    std::ranges::sort(ready, [&](auto const& a, auto const& b) { return wanted_.order.before(a.at, b.at); });
    auto const passed = [&](candidate const& one) {
        return wanted_.after && !wanted_.order.before(*wanted_.after, one.at);
    };
    if (!wanted_.everything)
        std::erase_if(ready, passed);

    // Batches of about a page: a criterion that needs series is asked for the page, not for the archive.
    auto const step = std::max<std::size_t>(std::min<std::size_t>(wanted_.count + 1, 64), 8);
    for (std::size_t from = 0; from < ready.size() && !full(); from += step) {
        auto const to = std::min(from + step, ready.size());
        std::vector<candidate> batch(std::make_move_iterator(ready.begin() + static_cast<std::ptrdiff_t>(from)),
                                     std::make_move_iterator(ready.begin() + static_cast<std::ptrdiff_t>(to)));
        result<void> const settled = co_await settle(batch);
        if (!settled)
            co_return settled;
        matched_ += batch.size();
        for (auto& one : batch)
            if (!passed(one) && found_.studies.size() <= wanted_.count)
                found_.studies.push_back(std::move(one.study));
    }
    co_return result<void>();
}

/// Cuts the page and asks for what its studies lack.
awaitable<result<void>> searcher::finish_page()
{
    if (found_.studies.size() > wanted_.count) {
        found_.more = true;
        found_.studies.erase(found_.studies.begin() + static_cast<std::ptrdiff_t>(wanted_.count), found_.studies.end());
    }
    if (!wanted_.depth)
        co_return result<void>();
    std::vector<study_record*> page;
    for (auto& study : found_.studies)
        page.push_back(&study);
    co_return co_await fill_page(source_, page, *wanted_.depth, wanted_.fan_out, found_.issues, deadline_);
}

awaitable<result<page_found>> searcher::run()
{
    if (plan_.impossible) {
        found_.total = 0;
        co_return std::move(found_);
    }
    if (plan_.asked_at != level::study) {
        result<void> const resolved = co_await resolve_studies();
        if (!resolved)
            co_return tl::unexpected(resolved.error());
    }
    bool const paged = plan_.reach != reach::keyed && !wanted_.everything && wanted_.order.walks_back();
    result<void> done;
    if (!paged) {
        done = co_await collect();
        if (done)
            done = co_await emit_until({}, true);
    } else {
        bool const in_undated = wanted_.after && !wanted_.after->started;
        if (plan_.dated_may_match && !in_undated)
            done = co_await walk(true);
        if (done && !full() && plan_.undated_may_match && !dates_ignored_) {
            done = co_await ask_undated();
            if (done)
                done = co_await emit_until({}, true);
        }
    }
    if (!done)
        co_return tl::unexpected(done.error());
    bool const judged_all = !full() && !wanted_.after;
    if (wanted_.everything || (judged_all && found_.studies.size() <= wanted_.count))
        if (std::ranges::none_of(found_.issues, [](issue const& i) { return i.what == issue::kind::incomplete; }))
            found_.total = static_cast<std::uint32_t>(matched_);
    done = co_await finish_page();
    if (!done)
        co_return tl::unexpected(done.error());
    co_return std::move(found_);
}

}  // namespace

awaitable<result<page_found>> find_page(searched_source& source, std::span<mapping::search::criterion const> criteria,
                                        plan const& plan, page_wanted wanted, time_point deadline)
{
    searcher search(source, criteria, plan, std::move(wanted), deadline);
    co_return co_await search.run();
}

awaitable<result<void>> fill_page(searched_source& source, std::span<study_record* const> studies, level depth,
                                  fan_out_budget& budget, std::vector<issue>& issues, time_point deadline)
{
    if (depth != level::study)
        co_return co_await deepen(source, studies, depth, budget, issues, deadline);
    std::vector<study_record*> sparse;
    for (auto* const study : studies) {
        auto const& a = study->attributes;
        if (a.text(tags::ModalitiesInStudy).empty() || a.text(tags::NumberOfStudyRelatedSeries).empty() ||
            a.text(tags::NumberOfStudyRelatedInstances).empty())
            sparse.push_back(study);
    }
    co_return co_await deepen(source, sparse, level::series, budget, issues, deadline);
}

}  // namespace pons::upstream
