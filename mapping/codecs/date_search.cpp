#include "mapping/codecs/date_search.hpp"

#include "mapping/codecs/date_parts.hpp"

#include <algorithm>
#include <array>

namespace pons::mapping::codecs {

namespace {

constexpr std::array<std::string_view, 9> prefixes{"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"};

std::int64_t gap(range const& r, std::int64_t now)
{
    return now < r.begin ? r.begin - now : now > r.end ? now - r.end : 0;
}

/// The day in which wall-clock `at` lies.
local_days day_of(std::int64_t at)
{
    return std::chrono::floor<std::chrono::days>(
        std::chrono::local_time<std::chrono::microseconds>(std::chrono::microseconds(at)));
}

bool holds(prefix p, range const& s, range const& r)
{
    bool eq = s.begin <= r.begin && r.end <= s.end;
    switch (p) {
        case prefix::eq:
            return eq;
        case prefix::ne:
            return !eq;
        case prefix::gt:
            return r.end > s.end;
        case prefix::lt:
            return r.begin < s.begin;
        case prefix::ge:
            return r.end > s.end || eq;
        case prefix::le:
            return r.begin < s.begin || eq;
        case prefix::sa:
            return r.begin >= s.end;
        case prefix::eb:
            return r.end <= s.begin;
        case prefix::ap:
            break;
    }
    return r.begin < s.end && r.end > s.begin;
}

/// Whether `holds` is true of some moment in `r`.
bool may_hold(prefix p, range const& s, range const& r)
{
    bool const overlap = r.begin < s.end && r.end > s.begin;
    switch (p) {
        case prefix::eq:
        case prefix::ap:
            return overlap;
        case prefix::ge:
            return overlap || r.end > s.end;
        case prefix::le:
            return overlap || r.begin < s.begin;
        case prefix::sa:
            return r.end > s.end;
        case prefix::eb:
            return r.begin < s.begin;
        case prefix::ne:
        case prefix::gt:
        case prefix::lt:
            break;
    }
    return holds(p, s, r);
}

/// Takes bounds that DA cannot say (years 0001 to 9999) away.
da_range clipped(da_range r)
{
    using namespace std::chrono;
    constexpr local_days lowest = local_days(1y / January / 1);
    constexpr local_days highest = local_days(9999y / December / 31);
    if ((r.first && *r.first > highest) || (r.last && *r.last < lowest) || (r.first && r.last && *r.last < *r.first))
        return {.first = {}, .last = {}, .empty = true};
    if (r.first && *r.first <= lowest)
        r.first.reset();
    if (r.last && *r.last >= highest)
        r.last.reset();
    return r;
}

}  // namespace

std::string_view to_string(prefix p)
{
    return prefixes[static_cast<std::size_t>(p)];
}

std::optional<date_value> parse_date_value(std::string_view text, std::int64_t now)
{
    date_value v;
    auto named = std::ranges::find(prefixes, text.substr(0, 2));
    if (named != prefixes.end()) {
        v.prefix = static_cast<prefix>(named - prefixes.begin());
        text.remove_prefix(2);
    }
    auto parts = parse_date_parts(text);
    if (!parts)
        return std::nullopt;
    v.local = {parts->begin(), parts->end()};
    v.day_or_coarser = parts->written <= date_parts::precision::day;
    if (parts->offset) {
        auto east = *parts->offset * microseconds_per_minute;
        v.utc = range{v.local.begin - east, v.local.end - east};
    }
    if (v.prefix == prefix::ap) {
        auto by = gap(v.utc ? *v.utc : v.local, now) / 10;
        v.local = {v.local.begin - by, v.local.end + by};
        if (v.utc)
            v.utc = range{v.utc->begin - by, v.utc->end + by};
    }
    return v;
}

bool matches(date_value const& v, date_time const& d)
{
    return v.utc ? holds(v.prefix, *v.utc, d.utc) : holds(v.prefix, v.local, d.local);
}

bool may_match(date_value const& v, date_time const& d)
{
    return v.utc ? may_hold(v.prefix, *v.utc, d.utc) : may_hold(v.prefix, v.local, d.local);
}

da_range dates_of(date_value const& v)
{
    auto const& s = v.utc ? *v.utc : v.local;
    da_range r;
    switch (v.prefix) {
        case prefix::ne:
            return r;
        case prefix::eq:
        case prefix::ap:
            r = {.first = day_of(s.begin), .last = day_of(s.end - 1)};
            break;
        case prefix::gt:
        case prefix::sa:
            r = {.first = day_of(s.end), .last = {}};
            break;
        case prefix::ge:
            r = {.first = day_of(s.begin), .last = {}};
            break;
        case prefix::lt:
        case prefix::eb:
            r = {.first = {}, .last = day_of(s.begin - 1)};
            break;
        case prefix::le:
            r = {.first = {}, .last = day_of(s.end - 1)};
            break;
    }
    if (v.utc) {
        // The local date is at most one day away from the date in UTC.
        if (r.first)
            *r.first -= std::chrono::days(1);
        if (r.last)
            *r.last += std::chrono::days(1);
    }
    return clipped(r);
}

da_range intersect(da_range const& a, da_range const& b)
{
    da_range r = a;
    if (b.first && (!r.first || *b.first > *r.first))
        r.first = b.first;
    if (b.last && (!r.last || *b.last < *r.last))
        r.last = b.last;
    if (a.empty || b.empty || (r.first && r.last && *r.last < *r.first))
        return {.first = {}, .last = {}, .empty = true};
    return r;
}

da_range unite(da_range const& a, da_range const& b)
{
    if (a.empty || b.empty)
        return a.empty ? b : a;
    da_range r;
    if (a.first && b.first)
        r.first = std::min(*a.first, *b.first);
    if (a.last && b.last)
        r.last = std::max(*a.last, *b.last);
    return r;
}

da_range dates_of(std::span<date_value const> values)
{
    da_range r;
    for (auto const& v : values)
        r = intersect(r, dates_of(v));
    return r;
}

std::optional<std::string> to_da_key(da_range const& range)
{
    auto const r = clipped(range);
    if (r.empty || r.unbounded())
        return std::nullopt;
    std::string key;
    if (r.first)
        key.append(print_da(*r.first).view());
    if (r.first == r.last)
        return key;
    key.push_back('-');
    if (r.last)
        key.append(print_da(*r.last).view());
    return key;
}

}  // namespace pons::mapping::codecs
