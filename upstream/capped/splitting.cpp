#include "upstream/capped/splitting.hpp"

#include "upstream/capped/examine.hpp"
#include "upstream/capped/parts.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace pons::upstream {

namespace {

using mapping::level;
using mapping::codecs::da_range;
using mapping::codecs::local_days;
using std::chrono::days;
namespace tags = mapping::tags;

/// What most archives hold most of (PS3.3 C.7.3.1.1.1).
constexpr std::array<std::string_view, 16> usual_modalities{"CT", "MR", "CR", "DX", "US", "MG", "XA", "NM",
                                                            "PT", "RF", "OT", "ES", "XC", "SR", "PR", "KO"};

local_days today()
{
    auto const now = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
    return local_days{now.time_since_epoch()};
}

class splitting {
public:
    splitting(asker& asks, bool empty_values) : asks_(asks), empty_values_(empty_values) {}

    awaitable<result<void>> run(find_request const& question, answer const& first)
    {
        if (uid_list_of(question))
            co_return co_await by_uids(question);
        if (asks_.at() == level::series)
            co_return co_await by_modality(question, tags::Modality, first);
        if (asks_.at() != level::study) {
            asks_.incomplete("the archive held back instances");
            co_return result<void>();
        }
        auto const range = dates_of(question);
        if (!range) {
            asks_.keep_issues(first, true);
            asks_.incomplete("the archive held back studies");
            co_return result<void>();
        }
        result<void> done = co_await by_dates(question, *range, first);
        if (done && range->unbounded() && asks_.may_go_on())
            done = co_await those_without(question, tags::StudyDate, "studies without a date may be missing");
        co_return done;
    }

private:
    awaitable<result<void>> by_uids(find_request const& question);
    awaitable<result<void>> by_dates(find_request const& question, da_range range, answer const& first);
    awaitable<result<void>> undivided(find_request const& question, da_range range, answer const& a);
    awaitable<result<void>> by_times(find_request const& question, local_days day);
    awaitable<result<void>> by_modality(find_request const& question, mapping::tag as, answer const& first);
    awaitable<result<void>> those_without(find_request const& question, mapping::tag what, char const* otherwise);

    awaitable<result<void>> resolve(find_request const& question, da_range const& part, answer& a);

    /// Most of what came is not what was asked for.
    template <class Fits>
    static bool is_ignored(answer const& a, Fits const& fits)
    {
        auto const outside = std::ranges::count_if(a.rows, [&](noted_row const* row) { return !fits(*row); });
        return static_cast<std::size_t>(outside) * 2 > a.rows.size();
    }
    void contradicts(char const* what)
    {
        asks_.incomplete(std::string("the archive gave more for a question than for its parts by ") + what);
    }

    asker& asks_;
    bool const empty_values_;
};

awaitable<result<void>> splitting::by_uids(find_request const& question)
{
    constexpr std::string_view why = "the answer was cut: for a part of its UIDs";
    asks_.because(why);
    auto const& list = *uid_list_of(question);
    std::vector<std::vector<std::string>> open;
    auto const halve = [&](std::vector<std::string> const& all) {
        auto const middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
        open.emplace_back(all.begin(), middle);
        open.emplace_back(middle, all.end());
    };
    halve(list.values);
    while (!open.empty() && asks_.may_go_on()) {
        auto const some = std::move(open.back());
        open.pop_back();
        auto const part = with(question, list.attribute, some);
        auto a = co_await asks_.ask(part);
        if (!a)
            co_return tl::unexpected(a.error());
        result<void> const known = co_await resolve_doubt(asks_, part, *a, empty_values_);
        if (!known)
            co_return known;
        bool const again = a->cut && some.size() > 1;
        asks_.keep_issues(*a, !again);
        if (again) {
            halve(some);
        } else if (a->cut) {
            result<void> const done = co_await run(part, *a);
            if (!done)
                co_return done;
            asks_.because(why);
        }
    }
    co_return result<void>();
}

awaitable<result<void>> splitting::by_dates(find_request const& question, da_range range, answer const& first)
{
    auto const now = today();
    std::vector<da_range> open;  // the newest last
    auto const halve_into = [&](da_range const& whole, answer const& a) {
        auto const halves = halve(whole, a.days(), now);
        if (!halves)
            return false;
        open.push_back(halves->first);
        open.push_back(halves->second);
        return true;
    };
    if (!halve_into(range, first))
        co_return co_await undivided(question, range, first);
    constexpr std::string_view why = "the answer was cut: for a part of its dates";
    asks_.because(why);
    while (!open.empty() && asks_.may_go_on()) {
        auto const part = open.back();
        open.pop_back();
        auto a = co_await asks_.ask(with(question, part));
        if (!a)
            co_return tl::unexpected(a.error());
        if (is_ignored(*a, [&](noted_row const& row) { return row.day && part.contains(*row.day); })) {
            asks_.keep_issues(*a, true);
            asks_.incomplete("the archive held back studies, and it does not match study dates");
            co_return result<void>();
        }
        bool const lost = asks_.lost(*a, part);
        if (a->doubtful) {
            result<void> const known = co_await resolve(question, part, *a);
            if (!known)
                co_return known;
        }
        asks_.keep_issues(*a, !a->cut);
        if (!a->cut) {
            if (lost)
                contradicts("date");
        } else if (!halve_into(part, *a)) {
            result<void> const done = co_await undivided(question, part, *a);
            if (!done)
                co_return done;
            asks_.because(why);
        }
    }
    co_return result<void>();
}

/// After a refusal no limit is known, and one after the other the parts would be the longest answers. A few more days
/// bring a few more rows, mostly, so that one short answer is proof for all parts; else this one is examined.
awaitable<result<void>> splitting::resolve(find_request const& question, da_range const& part, answer& a)
{
    bool const is_day = part.first && part.first == part.last;
    if (!is_day) {
        auto wide = part;
        if (wide.first)
            *wide.first -= part.last ? std::max(days{1}, (*part.last - *part.first) / 16) : days{1};
        else
            *wide.last += days{1};
        auto const more = co_await asks_.count(with(question, wide), a.received + 1);
        if (!more && more.error().code != errc::refused && more.error().code != errc::too_broad)
            co_return tl::unexpected(more.error());
        if (more && *more > a.received) {
            asks_.limit().gave(asks_.at(), *more, clock::now());
            a.doubtful = false;
            co_return result<void>();
        }
    }
    auto const asked = with(question, part);
    co_return co_await resolve_doubt(asks_, asked, a, empty_values_);
}

/// One day, or what lies before or after all days.
awaitable<result<void>> splitting::undivided(find_request const& question, da_range range, answer const& a)
{
    if (range.first && range.first == range.last)
        co_return co_await by_times(question, *range.first);
    asks_.keep_issues(a, true);
    asks_.incomplete(range.first ? "the archive held back studies of too late a date"
                                 : "the archive held back studies of too early a date");
    co_return result<void>();
}

awaitable<result<void>> splitting::by_times(find_request const& question, local_days day)
{
    auto const of_day = with(question, da_range{.first = day, .last = day, .empty = false});
    if (key_of(question, tags::StudyTime)) {
        asks_.incomplete("the archive held back studies of a day that it has too many of");
        co_return result<void>();
    }
    std::vector<day_slice> open;
    auto const halve_into = [&](day_slice const& whole) {
        auto const halves = halve(whole);
        if (!halves)
            return false;
        open.push_back(halves->first);
        open.push_back(halves->second);
        return true;
    };
    halve_into(day_slice{});
    constexpr std::string_view why = "the answer for a day was cut: for a part of its times";
    asks_.because(why);
    while (!open.empty() && asks_.may_go_on()) {
        auto const part = open.back();
        open.pop_back();
        auto const slice = with(of_day, part);
        auto const a = co_await asks_.ask(slice);
        if (!a && a.error().code != errc::refused)
            co_return tl::unexpected(a.error());
        bool const unmatched =
            !a || is_ignored(*a, [&](noted_row const& row) { return row.minute && part.contains(*row.minute); });
        if (unmatched) {
            asks_.incomplete("the archive held back studies of a day, and it does not match study times");
            co_return result<void>();
        }
        // Halves that are shorter did not end for a limit that nobody knows.
        if (a->doubtful && halve_into(part)) {
            asks_.keep_issues(*a, false);
            continue;
        }
        asks_.keep_issues(*a, !a->cut);
        if (!a->cut && !a->doubtful) {
            if (asks_.lost(*a, day, part.from, part.to))
                contradicts("time");
        } else if (!halve_into(part)) {
            result<void> const done = co_await by_modality(slice, tags::ModalitiesInStudy, *a);
            if (!done)
                co_return done;
            asks_.because(why);
        }
    }
    if (asks_.may_go_on())
        co_return co_await those_without(of_day, tags::StudyTime, "studies of a day without a time may be missing");
    co_return result<void>();
}

/// There is no list of all modalities: the rest stays open.
awaitable<result<void>> splitting::by_modality(find_request const& question, mapping::tag as, answer const& first)
{
    asks_.incomplete("the archive held back studies of half an hour that it has too many of");
    if (key_of(question, as))
        co_return result<void>();
    std::vector<std::string> open;
    auto const add = [&](std::string_view one) {
        if (!one.empty() && std::ranges::find(open, one) == open.end())
            open.emplace_back(one);
    };
    for (auto const* const row : first.rows)
        for (std::string_view rest = row->modalities; !rest.empty();) {
            auto const one = rest.substr(0, rest.find('\\'));
            rest.remove_prefix(std::min(one.size() + 1, rest.size()));
            add(one);
        }
    if (open.empty())  // it does not tell them
        co_return result<void>();
    for (auto const one : usual_modalities)
        add(one);
    asks_.because("the answer was cut: for one modality");
    for (auto const& modality : open) {
        if (!asks_.may_go_on())
            break;
        std::vector<std::string> value(1, modality);
        auto const a = co_await asks_.ask(with(question, as, std::move(value)));
        if (!a && a.error().code != errc::refused)
            co_return tl::unexpected(a.error());
        if (!a ||
            is_ignored(*a, [&](noted_row const& row) { return row.modalities.find(modality) != row.modalities.npos; }))
            break;
        asks_.keep_issues(*a, false);
    }
    co_return result<void>();
}

awaitable<result<void>> splitting::those_without(find_request const& question, mapping::tag what, char const* otherwise)
{
    if (!empty_values_) {
        asks_.incomplete(otherwise);
        co_return result<void>();
    }
    asks_.because("the answer was cut: for those without a value of what made the parts");
    auto const a = co_await asks_.ask(without(question, what));
    if (!a)
        co_return tl::unexpected(a.error());
    asks_.keep_issues(*a, true);
    if (a->cut || a->doubtful)
        asks_.incomplete(otherwise);
    co_return result<void>();
}

}  // namespace

awaitable<result<void>> ask_in_parts(asker& asks, find_request const& question, answer const& first, bool empty_values)
{
    splitting one(asks, empty_values);
    co_return co_await one.run(question, first);
}

}  // namespace pons::upstream
