#include "mapping/codecs/date_parts.hpp"

#include "mapping/codecs/zone.hpp"

#include <algorithm>
#include <chrono>

namespace pons::mapping::codecs {

namespace {

/// Takes text apart from the front.
struct cursor {
    std::string_view rest;

    bool take(char c)
    {
        if (!rest.starts_with(c))
            return false;
        rest.remove_prefix(1);
        return true;
    }
    template <class T>
    bool take(std::size_t count, T& value)
    {
        auto number = digits(rest, count);
        if (!number)
            return false;
        value = static_cast<T>(*number);
        rest.remove_prefix(count);
        return true;
    }
};

bool take_time(cursor& in, date_parts& parts)
{
    if (!in.take(2, parts.hour) || !in.take(':') || !in.take(2, parts.minute) || parts.hour > 23 || parts.minute > 59)
        return false;
    parts.written = date_parts::precision::minute;
    if (!in.take(':'))
        return true;
    if (!in.take(2, parts.second) || parts.second > 60)
        return false;
    parts.written = date_parts::precision::second;
    if (!in.take('.'))
        return true;
    auto end = std::min(in.rest.find_first_not_of("0123456789"), in.rest.size());
    if (end == 0)
        return false;
    parts.fraction = in.rest.substr(0, std::min<std::size_t>(end, 6));
    parts.written = date_parts::precision::fraction;
    in.rest.remove_prefix(end);
    return true;
}

bool take_zone(cursor& in, date_parts& parts)
{
    if (in.take('Z')) {
        parts.offset = 0;
        return true;
    }
    bool west = in.rest.starts_with('-');
    if (!in.take('+') && !in.take('-') && !in.take(' '))
        return false;
    int hours = 0;
    int minutes = 0;
    if (!in.take(2, hours) || !in.take(':') || !in.take(2, minutes) || minutes > 59 || hours * 60 + minutes > 14 * 60)
        return false;
    parts.offset = (west ? -1 : 1) * (hours * 60 + minutes);
    return true;
}

}  // namespace

std::optional<date_parts> parse_date_parts(std::string_view text)
{
    date_parts parts;
    cursor in{text};
    if (!in.take(4, parts.year))
        return std::nullopt;
    if (in.take('-')) {
        if (!in.take(2, parts.month))
            return std::nullopt;
        parts.written = date_parts::precision::month;
        if (in.take('-')) {
            if (!in.take(2, parts.day))
                return std::nullopt;
            parts.written = date_parts::precision::day;
            if (in.take('T') && (!take_time(in, parts) || (!in.rest.empty() && !take_zone(in, parts))))
                return std::nullopt;
        }
    }
    if (!in.rest.empty() || !is_date(parts.year, parts.month, parts.day))
        return std::nullopt;
    return parts;
}

std::int64_t date_parts::begin() const
{
    return wall_clock(year, month, day, hour, minute, second, fraction_microseconds(fraction));
}

std::int64_t date_parts::end() const
{
    switch (written) {
        case precision::year:
            return wall_clock(year + 1, 1, 1, 0, 0, 0, 0);
        case precision::month:
            return month == 12 ? wall_clock(year + 1, 1, 1, 0, 0, 0, 0) : wall_clock(year, month + 1, 1, 0, 0, 0, 0);
        case precision::day:
            return begin() + microseconds_per_day;
        case precision::minute:
            return begin() + microseconds_per_minute;
        case precision::second:
            return begin() + microseconds_per_second;
        case precision::fraction:
            break;
    }
    return begin() + fraction_unit(fraction.size());
}

std::int64_t fraction_microseconds(std::string_view fraction)
{
    std::int64_t value = 0;
    for (char c : fraction)
        value = value * 10 + (c - '0');
    return value * fraction_unit(fraction.size());
}

std::int64_t fraction_unit(std::size_t count)
{
    constexpr std::int64_t units[] = {1'000'000, 100'000, 10'000, 1'000, 100, 10, 1};
    return units[std::min<std::size_t>(count, 6)];
}

std::int64_t wall_clock(int year, unsigned month, unsigned day, unsigned hour, unsigned minute, unsigned second,
                        std::int64_t microseconds)
{
    using namespace std::chrono;
    auto days = sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day));
    std::int64_t seconds = hour * 3600 + minute * 60 + std::min(second, 59U);
    return days.time_since_epoch().count() * microseconds_per_day + seconds * microseconds_per_second + microseconds;
}

bool is_date(int year, unsigned month, unsigned day)
{
    using namespace std::chrono;
    return year >= 1 && year <= 9999 &&
           (std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day)).ok();
}

}  // namespace pons::mapping::codecs
