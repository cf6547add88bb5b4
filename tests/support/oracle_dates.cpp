#include "tests/support/oracle_dates.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace pons::test {

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t day_length = 86'400 * second;

struct reader {
    std::string_view rest;

    std::optional<int> number(std::size_t digits)
    {
        if (rest.size() < digits)
            return {};
        int value = 0;
        for (char const c : rest.substr(0, digits)) {
            if (c < '0' || c > '9')
                return {};
            value = value * 10 + (c - '0');
        }
        rest.remove_prefix(digits);
        return value;
    }
    bool literal(char c)
    {
        if (!rest.starts_with(c))
            return false;
        rest.remove_prefix(1);
        return true;
    }
    /// The digits here, at most six of them counted; their value in microseconds and the length of one unit.
    std::optional<std::pair<std::int64_t, std::int64_t>> fraction()
    {
        std::int64_t value = 0, unit = second;
        std::size_t n = 0;
        for (; n < rest.size() && rest[n] >= '0' && rest[n] <= '9'; ++n)
            if (n < 6) {
                unit /= 10;
                value += unit * (rest[n] - '0');
            }
        if (n == 0)
            return {};
        rest.remove_prefix(n);
        return std::pair(value, unit);
    }
};

std::optional<std::int64_t> midnight(int year, int month, int day)
{
    using namespace std::chrono;
    year_month_day const date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                              std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok() || year < 1 || year > 9999)
        return {};
    return sys_days(date).time_since_epoch().count() * day_length;
}

/// A point in the day and how precisely it was said.
struct moment {
    std::int64_t at = 0;
    std::int64_t unit = second;
};

std::optional<std::int64_t> read_day(std::string_view da)
{
    bool const dotted = da.size() == 10;
    if (!dotted && da.size() != 8)
        return {};
    reader in{da};
    auto const year = in.number(4);
    if (dotted && !in.literal('.'))
        return {};
    auto const month = in.number(2);
    if (dotted && !in.literal('.'))
        return {};
    auto const day = in.number(2);
    if (!year || !month || !day)
        return {};
    return midnight(*year, *month, *day);
}

std::optional<moment> read_time(std::string_view tm)
{
    reader in{tm};
    auto const hour = in.number(2);
    bool const colons = in.literal(':');
    auto const minute = in.number(2);
    if (!hour || !minute || *hour > 23 || *minute > 59)
        return {};
    moment m{.at = (*hour * 3600 + *minute * 60) * second, .unit = second};
    if (in.rest.empty())
        return m;
    if (colons && !in.literal(':'))
        return {};
    auto const s = in.number(2);
    if (!s || *s > 60)
        return {};
    m.at += std::min(*s, 59) * second;
    if (in.rest.empty())
        return m;
    if (!in.literal('.'))
        return {};
    auto const fraction = in.fraction();
    if (!fraction || !in.rest.empty())
        return {};
    m.at += fraction->first;
    m.unit = fraction->second;
    return m;
}

std::optional<std::int64_t> read_offset(std::string_view text)
{
    reader in{text};
    bool const west = in.literal('-');
    if (!west && !in.literal('+'))
        return {};
    auto const hours = in.number(2), minutes = in.number(2);
    if (!hours || !minutes || *minutes > 59 || !in.rest.empty())
        return {};
    auto const offset = *hours * 60 + *minutes;
    if (west ? offset == 0 || offset > 720 : offset > 840)
        return {};
    return (west ? -offset : offset) * 60 * second;
}

stretch moved(stretch s, std::int64_t by)
{
    return {s.begin + by, s.end + by};
}

/// [year, month, day, time …) as far as it is written.
std::optional<asked_date> read_range(std::string_view text)
{
    reader in{text};
    asked_date out;
    auto const year = in.number(4);
    if (!year || !midnight(*year, 1, 1))
        return {};
    auto const first_of = [](int y, int m) {
        using namespace std::chrono;
        return sys_days(std::chrono::year(y) / std::chrono::month(static_cast<unsigned>(m)) / 1)
                   .time_since_epoch()
                   .count() *
               day_length;
    };
    out.range = {first_of(*year, 1), first_of(*year + 1, 1)};
    if (in.rest.empty())
        return out;
    if (!in.literal('-'))
        return {};
    auto const month = in.number(2);
    if (!month || *month < 1 || *month > 12)
        return {};
    out.range = {first_of(*year, *month), *month == 12 ? first_of(*year + 1, 1) : first_of(*year, *month + 1)};
    if (in.rest.empty())
        return out;
    if (!in.literal('-'))
        return {};
    auto const day = in.number(2);
    auto const start = day ? midnight(*year, *month, *day) : std::optional<std::int64_t>();
    if (!start)
        return {};
    out.range = {*start, *start + day_length};
    if (in.rest.empty())
        return out;
    if (!in.literal('T'))
        return {};
    auto const hour = in.number(2);
    bool const colon = in.literal(':');
    auto const minute = in.number(2);
    if (!hour || !colon || !minute || *hour > 23 || *minute > 59)
        return {};
    auto at = *start + (*hour * 3600 + *minute * 60) * second;
    auto unit = 60 * second;
    if (in.literal(':')) {
        auto const s = in.number(2);
        if (!s || *s > 60)
            return {};
        at += std::min(*s, 59) * second;
        unit = second;
        if (in.literal('.')) {
            auto const fraction = in.fraction();
            if (!fraction)
                return {};
            at += fraction->first;
            unit = fraction->second;
        }
    }
    out.range = {at, at + unit};
    if (in.rest.empty())
        return out;
    out.instant = true;
    if (in.rest == "Z")
        return out;
    bool const west = in.literal('-');
    if (!west && !in.literal('+') && !in.literal(' '))  // an unencoded "+" arrives as a space
        return {};
    auto const hours = in.number(2);
    bool const zone_colon = in.literal(':');
    auto const minutes = in.number(2);
    if (!hours || !zone_colon || !minutes || *minutes > 59 || *hours * 60 + *minutes > 840 || !in.rest.empty())
        return {};
    out.range = moved(out.range, (west ? 1 : -1) * (*hours * 60 + *minutes) * 60 * second);
    return out;
}

}  // namespace

std::optional<said_date> read_started(std::string_view da, std::string_view tm, std::string_view offset,
                                      mapping::codecs::zone const* zone)
{
    auto const day = read_day(da);
    if (!day)
        return {};
    auto const known = read_offset(offset);
    if (auto const time = read_time(tm)) {
        auto const at = *day + time->at;
        auto east = known;
        if (!east && zone)
            if (auto const minutes = zone->offset_at(at))
                east = *minutes * 60 * second;
        if (east) {
            stretch const local{at, at + time->unit};
            return said_date{local, moved(local, -*east)};
        }
    }
    stretch const local{*day, *day + day_length};
    if (known)
        return said_date{local, moved(local, -*known)};
    if (!zone)
        return said_date{local, local};
    auto const instants = zone->day(*day);
    return said_date{local, {instants.begin, instants.end}};
}

std::optional<asked_date> read_asked_date(std::string_view text, std::int64_t now)
{
    constexpr std::array<std::string_view, 9> prefixes{"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"};
    auto const prefix = std::ranges::find(prefixes, text.substr(0, 2));
    if (prefix != prefixes.end())
        text.remove_prefix(2);
    auto asked = read_range(text);
    if (!asked)
        return {};
    if (prefix != prefixes.end())
        asked->prefix = *prefix;
    if (asked->prefix == "ap") {
        auto const& r = asked->range;
        auto const gap = now < r.begin ? r.begin - now : now > r.end ? now - r.end : 0;
        asked->range = {r.begin - gap / 10, r.end + gap / 10};
    }
    return asked;
}

bool holds(asked_date const& asked, said_date const& said)
{
    auto const [sl, su] = asked.range;
    auto const [rl, ru] = asked.instant ? said.utc : said.local;
    bool const eq = sl <= rl && ru <= su;
    auto const& p = asked.prefix;
    if (p == "eq")
        return eq;
    if (p == "ne")
        return !eq;
    if (p == "gt")
        return ru > su;
    if (p == "lt")
        return rl < sl;
    if (p == "ge")
        return ru > su || eq;
    if (p == "le")
        return rl < sl || eq;
    if (p == "sa")
        return rl >= su;
    if (p == "eb")
        return ru <= sl;
    return rl < su && ru > sl;
}

}  // namespace pons::test
