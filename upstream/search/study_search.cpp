#include "upstream/search/study_search.hpp"

#include "mapping/errc.hpp"
#include "mapping/search/judge.hpp"
#include "upstream/search/gathering.hpp"
#include "upstream/search/rows.hpp"
#include "upstream/search/window.hpp"
#include "upstream/trace/search_trace.hpp"

#include <algorithm>
#include <functional>

namespace pons::upstream {

namespace {

using mapping::level;
using mapping::study_record;
using mapping::codecs::da_range;
using mapping::codecs::local_days;
using mapping::search::plan;
using mapping::search::reach;
using mapping::search::verdict;
namespace tags = mapping::tags;

/// Rows of a window of several days that a page is not worth, unless it is a large one.
constexpr std::size_t many = 1000;

/// One search of one source. Candidates are judged as far as their study level tells when they come, and deeper only
/// when their turn comes.
class searcher {
public:
    searcher(searched_source& source, std::span<mapping::search::criterion const> criteria, plan const& p,
             page_wanted wanted, time_point deadline)
        : source_(source),
          judge_(criteria),
          wanted_(std::move(wanted)),
          deadline_(deadline),
          lettered_(criteria, source.text),
          gathering_(source, judge_, lettered_, p, wanted_.max_candidates, found_, deadline)
    {
        if (source_.trace)
            source_.trace->judge_by(criteria);
    }

    awaitable<result<page_found>> run();

private:
    awaitable<result<void>> collect();
    awaitable<result<void>> walk();
    awaitable<result<void>> ask_without_dates();
    awaitable<result<void>> emit_until(std::optional<std::int64_t> complete_from, bool undated);
    awaitable<result<void>> settle(std::vector<candidate>& batch);
    awaitable<result<void>> ask_for_untold(std::vector<candidate>& batch);
    awaitable<result<void>> finish_page();

    void drop(std::string_view why, std::size_t how_many)
    {
        if (source_.trace)
            source_.trace->drop(why, how_many);
    }
    bool full() const { return !wanted_.everything && found_.studies.size() > wanted_.count; }
    local_days today() const
    {
        return std::chrono::floor<std::chrono::days>(
            std::chrono::local_time<std::chrono::microseconds>(std::chrono::microseconds(wanted_.now)));
    }

    searched_source& source_;
    mapping::search::judge judge_;
    page_wanted wanted_;
    time_point deadline_;
    page_found found_;
    lettered_criteria lettered_;
    gathering gathering_;
    std::size_t matched_ = 0;     // of all pages
    bool dates_ignored_ = false;  // everything was asked for without dates
};

/// Walks back in time until the page is full.
awaitable<result<void>> searcher::walk()
{
    auto const start = window_start(wanted_.after ? wanted_.after->started : std::nullopt);
    auto aim = std::max<std::size_t>(wanted_.count * 2, 50);
    if (auto const limit = source_.most_results(); limit != 0)
        aim = std::min<std::size_t>(aim, limit / 2);
    window_walk windows(gathering_.plan().dates, start, today(), aim);
    while (auto const window = windows.next()) {
        // What is more than one answer holds is another page's: a smaller window is asked for. A day has none.
        bool const is_day = window->first && window->first == window->last;
        auto const limit = source_.most_results();
        auto const bound = limit != 0 ? limit : static_cast<std::uint32_t>(std::max<std::size_t>(aim * 4, many));
        auto const enough = is_day ? 0 : bound;
        auto const how = co_await gathering_.ask(&*window, enough, "a window of study dates");
        if (!how)
            co_return tl::unexpected(how.error());
        if (how->dates_ignored())
            co_return co_await ask_without_dates();
        if (how->cut && !how->told && windows.halve())
            continue;
        gathering_.remark_cut(*how, "the archive held back studies of a day that it has too many of");
        windows.answered(how->rows);
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
awaitable<result<void>> searcher::ask_without_dates()
{
    dates_ignored_ = true;
    auto const how = co_await gathering_.ask(nullptr, 0, "all dates: the archive does not match study dates");
    if (!how)
        co_return tl::unexpected(how.error());
    if (gathering_.too_many())
        co_return fail(mapping::errc::too_costly, "more studies than allowed would have to be looked at");
    gathering_.remark_cut(*how, "the archive held back studies, and it does not match study dates");
    co_return co_await emit_until({}, true);
}

/// Everything that may match has been gathered afterwards.
awaitable<result<void>> searcher::collect()
{
    auto const& p = gathering_.plan();
    bool const dated_only = p.reach != reach::keyed && p.dated_may_match && !p.undated_may_match;
    std::vector<std::optional<da_range>> parts(1);
    if (dated_only && !p.dates.unbounded())
        parts.front() = p.dates;
    else if (dated_only && source_.most_results() != 0)
        // Where an answer may be cut, its parts by date leave nothing out, and no date at all is not to be asked for.
        parts = {da_range{.first = oldest, .last = {}, .empty = false},
                 da_range{.first = {}, .last = oldest - std::chrono::days{1}, .empty = false}};
    std::vector<std::size_t> of_each(p.alternatives.size());
    for (auto const& dates : parts) {
        da_range const* const asked = dates ? &*dates : nullptr;
        auto const how = co_await gathering_.ask(asked, 0, "all that may match");
        if (!how)
            co_return tl::unexpected(how.error());
        if (gathering_.too_many())
            co_return fail(mapping::errc::too_costly, "more studies than allowed would have to be looked at");
        std::ranges::transform(of_each, how->of_each, of_each.begin(), std::plus());
        gathering_.remark_cut(*how, "the archive gave no more than a part of its matches");
    }
    result<void> const again = co_await gathering_.try_again(of_each);
    co_return again;
}

/// Asks again where a row told too little to be judged by. A study is shown as its row has it, whatever was asked.
awaitable<result<void>> searcher::ask_for_untold(std::vector<candidate>& batch)
{
    std::vector<mapping::data_set*> sparse;
    for (auto& one : batch) {
        auto const untold = gathering_.untold(one);
        if (untold.empty() || judge_.of(one.study, untold) != verdict::open)
            continue;
        one.row = one.study.attributes;
        sparse.push_back(&one.study.attributes);
    }
    co_return co_await ask_again(source_, sparse, wanted_.fan_out, deadline_);
}

/// Judges a batch for good, asking for series and instances where needed; those that match are left.
awaitable<result<void>> searcher::settle(std::vector<candidate>& batch)
{
    result<void> const told = co_await ask_for_untold(batch);
    if (!told)
        co_return told;
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
    std::erase_if(batch, [&](candidate& one) {
        if (judge_.depth() != level::study)
            gathering_.hear_below(one.study);
        auto const untold = gathering_.untold(one);
        auto const met = judge_.of(one.study, untold);
        if (met == verdict::no)
            lettered_.refused(one.study, untold);
        if (met != verdict::yes)
            gathering_.refuse(one.study, untold);
        if (met == verdict::open && !untold.empty())
            gathering_.leave_open();
        if (one.row)
            one.study.attributes = std::move(*one.row);
        return met != verdict::yes;
    });
    co_return result<void>();
}

/// Moves what is final to the page, in order: dated studies from `complete_from` on (all, when not
/// given), undated ones when `undated`.
awaitable<result<void>> searcher::emit_until(std::optional<std::int64_t> complete_from, bool undated)
{
    auto ready = gathering_.take(complete_from, undated);
    std::ranges::sort(ready, [&](auto const& a, auto const& b) { return wanted_.order.before(a.at, b.at); });
    auto const passed = [&](candidate const& one) {
        return wanted_.after && !wanted_.order.before(*wanted_.after, one.at);
    };
    if (!wanted_.everything)
        drop("a study of another page", std::erase_if(ready, passed));

    // Batches of about a page: a criterion that needs series is asked for the page, not for the archive.
    auto const step = std::max<std::size_t>(std::min<std::size_t>(wanted_.count + 1, 64), 8);
    auto unseen = ready.size();
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
        unseen = ready.size() - to;
    }
    drop("not looked at: the page was full", unseen);
    co_return result<void>();
}

/// Cuts the page and asks for what its studies lack.
awaitable<result<void>> searcher::finish_page()
{
    if (source_.trace)
        source_.trace->matched = static_cast<std::uint32_t>(matched_);
    drop("not looked at: the page was full", gathering_.waiting());
    if (found_.studies.size() > wanted_.count) {
        found_.more = true;
        drop("a study of another page", found_.studies.size() - wanted_.count);
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
    if (gathering_.plan().impossible) {
        found_.total = 0;
        co_return std::move(found_);
    }
    if (gathering_.plan().loses_names)
        gathering_.incomplete(
            "names with rarer accents may be missing: the archive compares accents; narrow the search "
            "by something else");
    if (gathering_.plan().loses_study_ids)
        gathering_.incomplete(
            "studies with that value for their Study ID (0020,0010) may be missing: the archive cannot be asked by it; "
            "name the system of an accession number, or use identifier:of-type, or narrow the search by a patient");
    if (gathering_.plan().asked_at != level::study) {
        result<void> const resolved = co_await gathering_.resolve_studies();
        if (!resolved)
            co_return tl::unexpected(resolved.error());
    }
    bool const paged = gathering_.plan().reach != reach::keyed && !wanted_.everything && wanted_.order.walks_back();
    result<void> done;
    if (!paged) {
        done = co_await collect();
        if (done)
            done = co_await emit_until({}, true);
    } else {
        bool const in_undated = wanted_.after && !wanted_.after->started;
        if (gathering_.plan().dated_may_match && !in_undated)
            done = co_await walk();
        if (done && !full() && gathering_.plan().undated_may_match && !dates_ignored_) {
            done = co_await gathering_.ask_undated();
            if (done)
                done = co_await emit_until({}, true);
        }
    }
    if (!done)
        co_return tl::unexpected(done.error());
    gathering_.tell_doubts();
    lettered_.tell(matched_ != 0, found_.issues);
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
    for (auto* const study : studies)
        if (leaves_to_series(study->attributes))
            sparse.push_back(study);
    co_return co_await deepen(source, sparse, level::series, budget, issues, deadline);
}

}  // namespace pons::upstream
