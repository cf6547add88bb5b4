#include "mapping/matching_times.hpp"

#include "mapping/codecs/date_parts.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace pons::mapping::matching {

namespace {

constexpr std::int64_t second = 1'000'000;

std::optional<span_of_time> read_date(std::string_view da)
{
    // yyyymmdd, and yyyy.mm.dd of the old standard.
    bool const dotted = da.size() == 10 && da[4] == '.' && da[7] == '.';
    if (!dotted && da.size() != 8)
        return {};
    auto const year = codecs::digits(da, 4);
    auto const month = codecs::digits(da.substr(dotted ? 5 : 4), 2);
    auto const of_month = codecs::digits(da.substr(dotted ? 8 : 6), 2);
    if (!year || !month || !of_month || !codecs::is_date(static_cast<int>(*year), *month, *of_month))
        return {};
    auto const begin = codecs::wall_clock(static_cast<int>(*year), *month, *of_month, 0, 0, 0, 0);
    return span_of_time{begin, begin + whole_day};
}

/// hh[mm[ss[.f]]], colons between as the old standard wrote them; from midnight.
std::optional<span_of_time> read_time(std::string_view tm)
{
    std::string plain(tm);
    std::erase(plain, ':');
    std::string_view rest = plain;
    std::array<unsigned, 3> parts{};
    std::int64_t unit = 0;
    constexpr std::array<std::int64_t, 3> units{3600 * second, 60 * second, second};
    constexpr std::array<unsigned, 3> most{23, 59, 60};
    for (std::size_t i = 0; i < 3 && !rest.empty() && rest.front() != '.'; ++i) {
        auto const two = codecs::digits(rest, 2);
        if (!two || *two > most[i])
            return {};
        parts[i] = std::min(*two, 59U);
        unit = units[i];
        rest.remove_prefix(2);
    }
    if (unit == 0 || (!rest.empty() && (rest.front() != '.' || unit != second)))
        return {};
    std::int64_t begin = parts[0] * units[0] + parts[1] * units[1] + parts[2] * units[2];
    if (!rest.empty()) {
        auto const fraction = rest.substr(1);
        if (fraction.empty() || fraction.size() > 6 || !codecs::digits(fraction, fraction.size()))
            return {};
        begin += codecs::fraction_microseconds(fraction);
        unit = codecs::fraction_unit(fraction.size());
    }
    return span_of_time{begin, begin + unit};
}

/// yyyy[mm[dd[hh[mm[ss[.f]]]]]][&zzxx]; an offset moves it to UTC.
std::optional<span_of_time> read_date_time(std::string_view dt)
{
    std::int64_t offset = 0;
    if (auto const sign = dt.find_first_of("+-", 4); sign != dt.npos) {
        auto const hours = codecs::digits(dt.substr(sign + 1), 2);
        auto const minutes = dt.size() == sign + 5 ? codecs::digits(dt.substr(sign + 3), 2) : std::nullopt;
        if (!hours || !minutes)
            return {};
        offset = (*hours * 60 + *minutes) * 60 * second * (dt[sign] == '-' ? -1 : 1);
        dt = dt.substr(0, sign);
    }
    if (dt.size() > 8) {
        auto const date = read_date(dt.substr(0, 8));
        auto const time = read_time(dt.substr(8));
        if (!date || !time)
            return {};
        return span_of_time{date->begin + time->begin - offset, date->begin + time->end - offset};
    }
    auto const year = codecs::digits(dt, 4);
    auto const month = dt.size() > 4 ? codecs::digits(dt.substr(4), 2) : std::optional(1U);
    auto const of_month = dt.size() > 6 ? codecs::digits(dt.substr(6), 2) : std::optional(1U);
    if (dt.size() % 2 != 0 || !year || !month || !of_month ||
        !codecs::is_date(static_cast<int>(*year), *month, *of_month))
        return {};
    auto const first = [](unsigned y, unsigned m, unsigned d) {
        return codecs::wall_clock(static_cast<int>(y), m, d, 0, 0, 0, 0);
    };
    auto const begin = first(*year, *month, *of_month);
    auto const end = dt.size() == 8   ? begin + whole_day
                     : dt.size() == 4 ? first(*year, 12, 31) + whole_day
                     : *month == 12   ? first(*year, 12, 31) + whole_day
                                      : first(*year, *month + 1, 1);
    return span_of_time{begin - offset, end - offset};
}

}  // namespace

bool is_about_time(vr as)
{
    return as == "DA"_vr || as == "TM"_vr || as == "DT"_vr;
}

std::optional<span_of_time> read_moment(vr as, std::string_view text)
{
    return as == "DA"_vr ? read_date(text) : as == "TM"_vr ? read_time(text) : read_date_time(text);
}

std::optional<span_of_time> read_range(vr as, std::string_view text)
{
    if (auto const whole = read_moment(as, text))
        return whole;
    for (auto dash = text.find('-'); dash != text.npos; dash = text.find('-', dash + 1)) {
        auto const first = text.substr(0, dash);
        auto const last = text.substr(dash + 1);
        auto const from = first.empty() ? std::optional(span_of_time{}) : read_moment(as, first);
        auto const to = last.empty() ? std::optional(span_of_time{}) : read_moment(as, last);
        bool const in_order = from && to && (from->begin < to->end || as == "TM"_vr);
        if (in_order && !(first.empty() && last.empty()))
            return span_of_time{from->begin, to->end};
    }
    return {};
}

}  // namespace pons::mapping::matching
