#include "mapping/codecs/zone.hpp"

#include <date/tz.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

namespace pons::mapping::codecs {

namespace {

constexpr std::int64_t always = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
// Wall clocks and UTC are never further apart.
constexpr std::int64_t widest = 16 * 60 * microseconds_per_minute;
constexpr int min_offset = -12 * 60;
constexpr int max_offset = 14 * 60;

/// A stretch of time with one offset, up to the begin of the next.
struct period {
    std::int64_t begin;   // instant
    std::int64_t offset;  // microseconds east
};

template <class Duration>
std::int64_t microseconds(Duration d)
{
    return std::chrono::duration_cast<std::chrono::microseconds>(d).count();
}

}  // namespace

struct zone::table {
    std::vector<period> periods;
    std::int64_t horizon = never;  // wall clock from which on the offset is not known

    std::int64_t end_of(std::size_t i) const { return i + 1 < periods.size() ? periods[i + 1].begin : never; }

    /// The first period that may show `local`.
    std::size_t first_near(std::int64_t local) const
    {
        auto after = std::ranges::upper_bound(periods, local - widest, {}, &period::begin);
        return after == periods.begin() ? 0 : static_cast<std::size_t>(after - periods.begin()) - 1;
    }

    /// Calls `f(instant, period)` for each instant at which clocks show `local`, ascending.
    template <class F>
    void for_each_instant(std::int64_t local, F&& f) const
    {
        for (auto i = first_near(local); i != periods.size() && periods[i].begin <= local + widest; ++i) {
            auto instant = local - periods[i].offset;
            if (instant >= periods[i].begin && instant < end_of(i))
                f(instant, periods[i]);
        }
    }

    /// The change of clocks that skipped `local`.
    std::int64_t skipping(std::int64_t local) const
    {
        auto i = first_near(local);
        while (i + 1 < periods.size() && periods[i + 1].begin + periods[i + 1].offset <= local)
            ++i;
        return end_of(i);
    }
};

std::optional<int> zone::offset_at(std::int64_t local) const
{
    if (local >= table_->horizon)
        return std::nullopt;
    std::int64_t offset = 0;
    int readings = 0;
    table_->for_each_instant(local, [&](std::int64_t, period const& p) {
        offset = p.offset;
        ++readings;
    });
    if (readings != 1 || offset % microseconds_per_minute != 0)
        return std::nullopt;
    auto minutes = static_cast<int>(offset / microseconds_per_minute);
    return minutes >= min_offset && minutes <= max_offset ? std::optional(minutes) : std::nullopt;
}

std::optional<std::int64_t> zone::local_at(std::int64_t instant) const
{
    auto const after = std::ranges::upper_bound(table_->periods, instant, {}, &period::begin);
    if (after == table_->periods.begin())
        return std::nullopt;
    auto const local = instant + std::prev(after)->offset;
    return local < table_->horizon ? std::optional(local) : std::nullopt;
}

range zone::day(std::int64_t local_midnight) const
{
    auto next = local_midnight + microseconds_per_day;
    range instants{never, never};
    table_->for_each_instant(local_midnight,
                             [&](std::int64_t at, period const&) { instants.begin = std::min(instants.begin, at); });
    table_->for_each_instant(next, [&](std::int64_t at, period const&) { instants.end = at; });
    if (instants.begin == never)
        instants.begin = table_->skipping(local_midnight);
    if (instants.end == never)
        instants.end = table_->skipping(next);
    return instants;
}

std::optional<zone> find_zone(std::string_view name)
{
    using namespace std::chrono;
    constexpr sys_days first = 1800y / January / 1, last_years = 2036y / January / 1, horizon = 2038y / January / 1;
    try {
        auto const* found = date::locate_zone(std::string(name));
        auto t = std::make_shared<zone::table>();
        sys_seconds at = first;
        bool goes_on = false;
        while (at < horizon) {
            auto info = found->get_info(at);
            auto offset = microseconds(info.offset);
            if (t->periods.empty() || t->periods.back().offset != offset) {
                t->periods.push_back({t->periods.empty() ? always : microseconds(at.time_since_epoch()), offset});
                goes_on = at >= last_years;
            }
            if (info.end <= at)
                break;
            at = info.end;
        }
        // The compiled files list changes up to 2037; a rule beyond them is not read.
        if (goes_on)
            t->horizon = microseconds(sys_seconds(horizon).time_since_epoch());
        return zone(std::move(t));
    } catch (std::exception const&) {  // no such zone, or no database
        return std::nullopt;
    }
}

}  // namespace pons::mapping::codecs
