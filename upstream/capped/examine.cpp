#include "upstream/capped/examine.hpp"

#include "upstream/capped/parts.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <iterator>
#include <set>

namespace pons::upstream {

namespace {

using mapping::level;
using mapping::codecs::da_range;
using mapping::codecs::local_days;
using std::chrono::days;
namespace tags = mapping::tags;

class examination {
public:
    examination(asker& asks, find_request const& question, answer const& first, bool empty_values)
        : asks_(asks), question_(question), first_(first), empty_values_(empty_values)
    {
    }

    awaitable<result<finding>> run()
    {
        if (auto const* const list = uid_list_of(question_))
            co_return co_await by_uids(*list);
        if (asks_.at() != level::study)
            co_return of_counts();
        auto const range = dates_of(question_);
        if (!range)
            co_return finding::open;
        auto of = first_.days();
        std::erase_if(of, [&](local_days d) { return !range->contains(d); });
        if (of.empty())
            co_return finding::open;
        if (auto const middle = middle_of(of)) {
            parts_.push_back(with(question_, da_range{.first = middle, .last = range->last, .empty = false}));
            parts_.push_back(
                with(question_, da_range{.first = range->first, .last = *middle - days{1}, .empty = false}));
            co_return co_await halves();
        }
        co_return co_await of_one_day(*range, of.front());
    }

private:
    finding of_counts() const
    {
        std::hash<std::string> const hash;
        std::size_t which = 1;
        for (auto const& k : question_.keys)
            if (k.attribute == tags::StudyInstanceUID && !k.values.empty())
                which = hash(k.values.front()) | 1U;
        return asks_.limit().is_suspect(asks_.at(), first_.received, which, clock::now()) ? finding::open
                                                                                          : finding::whole;
    }

    /// Where each is one row, those that did not come; else both halves of the list.
    awaitable<result<finding>> by_uids(mapping::key const& list)
    {
        if (list.attribute != tags::StudyInstanceUID || asks_.at() != level::study) {
            auto const middle = list.values.begin() + static_cast<std::ptrdiff_t>(list.values.size() / 2);
            std::vector<std::string> one(list.values.begin(), middle);
            std::vector<std::string> other(middle, list.values.end());
            parts_.push_back(with(question_, list.attribute, std::move(one)));
            parts_.push_back(with(question_, list.attribute, std::move(other)));
            co_return co_await halves();
        }
        std::vector<std::string> others;
        std::ranges::copy_if(list.values, std::back_inserter(others),
                             [&](auto const& uid) { return !asks_.has_seen(uid); });
        if (others.empty()) {
            asks_.limit().is_whole(first_.print, clock::now());  // another one of as many rows may be cut there
            co_return finding::whole;
        }
        asks_.because("the answer may be cut: for the UIDs that did not come");
        auto const rest = co_await asks_.ask(with(question_, list.attribute, std::move(others)));
        if (!rest && rest.error().code == errc::refused)
            co_return finding::open;
        if (!rest)
            co_return tl::unexpected(rest.error());
        if (rest->fresh != 0)
            co_return co_await confirm();
        if (rest->cut || rest->received >= first_.received)
            co_return finding::open;  // it was not looked for, or the list was left aside
        co_return is_whole();
    }

    /// A longer question first, which is one short answer; then the halves of the day.
    awaitable<result<finding>> of_one_day(da_range const& range, local_days day)
    {
        if (range.first || range.last) {
            auto const wide = with(question_, da_range{.first = day - days{7}, .last = day + days{7}, .empty = false});
            asks_.because("the answer may be cut: whether a wider question brings more");
            auto const more = co_await asks_.count(wide, first_.received + 1);
            if (!more && more.error().code != errc::refused && more.error().code != errc::too_broad)
                co_return tl::unexpected(more.error());
            if (more && *more > first_.received) {
                asks_.limit().gave(asks_.at(), *more, clock::now());
                co_return finding::whole;
            }
        }
        std::vector<local_days> minutes;  // as days, which have a median
        for (auto const* const row : first_.rows)
            if (row->day == day && row->minute)
                minutes.emplace_back(days{*row->minute});
        auto const middle = middle_of(std::move(minutes));
        if (!middle || key_of(question_, tags::StudyTime))
            co_return finding::open;
        auto const minute = static_cast<std::uint16_t>(middle->time_since_epoch().count());
        auto const one = with(question_, da_range{.first = day, .last = day, .empty = false});
        parts_.push_back(with(one, day_slice{minute, day_slice::minutes_of_day}));
        parts_.push_back(with(one, day_slice{0, minute}));
        if (!range.last || day < *range.last)
            parts_.push_back(with(question_, da_range{.first = day + days{1}, .last = range.last, .empty = false}));
        if (!range.first || *range.first < day)
            parts_.push_back(with(question_, da_range{.first = range.first, .last = day - days{1}, .empty = false}));
        co_return co_await halves();
    }

    awaitable<result<finding>> halves()
    {
        asks_.because("the answer may be cut: whether its halves bring more");
        std::set<noted_row const*> covered;
        for (auto const& part : parts_) {
            auto const one = co_await asks_.ask(part);
            if (!one && one.error().code == errc::refused)
                co_return finding::open;
            if (!one)
                co_return tl::unexpected(one.error());
            if (one->fresh != 0)
                co_return co_await confirm();
            if (one->cut || one->received >= first_.received)
                co_return finding::open;  // it does not match what was to make it shorter
            covered.insert(one->rows.begin(), one->rows.end());
        }
        std::vector<bool> is_left;
        for (auto const* const row : first_.rows)
            is_left.push_back(!covered.contains(row));
        if (std::ranges::find(is_left, true) == is_left.end())
            co_return is_whole();
        co_return co_await of_the_left(is_left);
    }

    /// What is in no half should be without a date, or a time.
    awaitable<result<finding>> of_the_left(std::vector<bool> const& is_left)
    {
        for (std::size_t i = 0; i < is_left.size(); ++i)
            if (asks_.at() != level::study || (is_left[i] && first_.rows[i]->day && first_.rows[i]->minute))
                co_return finding::open;
        if (empty_values_) {
            asks_.because("the answer may be cut: for studies without a date");
            auto const undated = co_await asks_.ask(without(question_, tags::StudyDate));
            if (!undated && undated.error().code == errc::refused)
                co_return finding::open;
            if (!undated)
                co_return tl::unexpected(undated.error());
            if (undated->fresh != 0)
                co_return co_await confirm();
            if (!undated->cut && undated->received < first_.received)
                co_return is_whole();
        }
        // An archive that gives those without a date last, and stops among them, would look like this; and limits are
        // round numbers.
        auto const first_left = std::ranges::find(is_left, true);
        bool const last = std::find(first_left, is_left.end(), false) == is_left.end();
        bool const round = first_.received % 25 == 0 || std::has_single_bit(first_.received);
        co_return last || round ? finding::open : is_whole();
    }

    awaitable<result<finding>> confirm()
    {
        asks_.because("its parts brought more than the answer: once more");
        auto const again = co_await asks_.ask(question_);
        if (!again)
            co_return tl::unexpected(again.error());
        if (again->received > first_.received)
            co_return again->cut ? finding::cut : finding::whole;
        if (!again->cut)  // else it was refused, which tells nothing of the first answer's length
            asks_.limit().learn(asks_.at(), first_.received, clock::now());
        co_return finding::cut;
    }

    finding is_whole()
    {
        asks_.limit().is_whole(asks_.at(), first_.received, first_.print, clock::now());
        return finding::whole;
    }

    asker& asks_;
    find_request const& question_;
    answer const& first_;
    bool const empty_values_;
    std::vector<find_request> parts_;
};

}  // namespace

awaitable<result<finding>> examine(asker& asks, find_request const& question, answer const& first, bool empty_values)
{
    examination one(asks, question, first, empty_values);
    co_return co_await one.run();
}

awaitable<result<void>> resolve_doubt(asker& asks, find_request const& question, answer& first, bool empty_values)
{
    if (!first.doubtful)
        co_return result<void>();
    auto const how = co_await examine(asks, question, first, empty_values);
    if (!how)
        co_return tl::unexpected(how.error());
    first.doubtful = false;
    first.cut = *how == finding::cut;
    if (*how == finding::open && first.unlikely)
        asks.limit().stays_open(asks.at(), first.received, clock::now());
    else if (*how == finding::open)
        asks.incomplete(
            "it is not known whether the archive gave all that matches, since it never gave more, and parts cannot be "
            "asked for; quirks.max_results would tell");
    co_return result<void>();
}

}  // namespace pons::upstream
