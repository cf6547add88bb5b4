#include "config/hours.hpp"

#include <date/tz.h>

#include <algorithm>
#include <optional>

namespace pons::config {

namespace {

using namespace std::chrono_literals;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes day = 24h;

/// "06:30"
std::optional<minutes> clock_of(std::string_view text)
{
    auto const digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
    if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4))
        return {};
    auto const pair = [&](std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
    auto const time = std::chrono::hours(pair(0)) + minutes(pair(3));
    if (pair(3) > 59 || time > day)
        return {};
    return time;
}

std::string_view trimmed(std::string_view text)
{
    auto const first = text.find_first_not_of(' ');
    return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

parsed<hours> hours::parse(std::string_view text)
{
    constexpr auto right = "; write hours of the day such as 06:00-22:00, several with commas";
    hours all;
    for (auto rest = text;;) {
        auto const comma = rest.find(',');
        auto const one = trimmed(rest.substr(0, comma));
        auto const dash = one.find('-');
        auto const begin = dash == one.npos ? std::nullopt : clock_of(trimmed(one.substr(0, dash)));
        auto const end = dash == one.npos ? std::nullopt : clock_of(trimmed(one.substr(dash + 1)));
        if (!begin || !end)
            return wrong(std::string("does not say from when to when") + right);
        if (*begin == *end || *begin == day)
            return wrong(std::string("holds hours that last no time") + right);
        all.windows_.push_back({*begin, (*end - *begin + day) % day});
        if (all.windows_.back().length == 0min)  // 00:00-24:00
            all.windows_.back().length = day;
        if (comma == rest.npos)
            return all;
        rest.remove_prefix(comma + 1);
    }
}

seconds hours::until_open(seconds time_of_day) const
{
    seconds wait = day;
    for (auto const& w : windows_) {
        // A window that began yesterday may still last.
        auto const since = (time_of_day - w.begin + day) % seconds(day);
        if (since < w.length)
            return 0s;
        wait = std::min(wait, day - since);
    }
    return wait;
}

seconds hours::until_open(std::string_view zone, std::chrono::system_clock::time_point now) const
{
    auto const local = date::locate_zone(zone)->to_local(date::floor<seconds>(now));
    return until_open(local - date::floor<date::days>(local));
}

}  // namespace pons::config
