#include "upstream/capped/slices.hpp"

#include <algorithm>
#include <array>

namespace pons::upstream {

namespace {

using mapping::codecs::da_range;
using mapping::codecs::local_days;
using std::chrono::days;

/// DICOM is younger, scanned films not much older.
constexpr local_days oldest{days{-25'567}};    // 1900-01-01
constexpr local_days latest{days{2'932'896}};  // 9999-12-31, the last that a DA can say (PS3.5 §6.2)
constexpr days least_step{7};
constexpr std::uint16_t shortest_slice = 30;

void append_two_digits(std::string& to, unsigned n)
{
    to.append(1, static_cast<char>('0' + n / 10)).append(1, static_cast<char>('0' + n % 10));
}

void append_time(std::string& to, unsigned minute)
{
    append_two_digits(to, minute / 60);
    append_two_digits(to, minute % 60);
    to.append("00");
}

/// The first day of the newer part.
std::optional<local_days> middle_between(da_range const& range, local_days today)
{
    if (range.first && range.last) {
        auto const length = *range.last - *range.first;
        return length > days{0} ? std::optional(*range.first + (length + days{1}) / 2) : std::nullopt;
    }
    if (range.first) {
        auto const past = today - *range.first;
        if (past > days{1})
            return *range.first + (past + days{1}) / 2;
        auto const middle = *range.first + std::max(days{1}, days{1} - past * 2);
        return middle <= latest ? std::optional(middle) : std::nullopt;
    }
    auto const end = range.last ? *range.last : today;
    auto const middle = end - std::max(least_step, today - end) + days{1};
    if (end <= oldest)
        return {};
    return std::max(middle, oldest);
}

}  // namespace

std::optional<local_days> middle_of(std::vector<local_days> all)
{
    if (all.empty())
        return {};
    std::ranges::sort(all);
    if (all.front() == all.back())
        return {};
    auto const middle = all[all.size() / 2];
    return middle != all.front() ? middle : *std::ranges::upper_bound(all, middle);
}

std::optional<std::pair<da_range, da_range>> halve(da_range const& range, std::vector<local_days> all, local_days today)
{
    if (range.empty || (range.first && range.first == range.last))
        return {};
    std::erase_if(all, [&](local_days d) { return !range.contains(d); });
    auto middle = middle_of(std::move(all));
    if (!middle)
        middle = middle_between(range, today);
    if (!middle || (range.first && *middle <= *range.first) || (range.last && *middle > *range.last))
        return {};
    return std::pair(da_range{.first = range.first, .last = *middle - days{1}, .empty = false},
                     da_range{.first = *middle, .last = range.last, .empty = false});
}

std::optional<da_range> to_da_range(std::string_view key)
{
    da_range range;
    if (key.empty())
        return range;
    auto const dash = key.find('-');
    auto const first = key.substr(0, dash);
    auto const last = dash == key.npos ? first : key.substr(dash + 1);
    auto const read = [](std::string_view text, std::optional<local_days>& to) {
        if (!text.empty())
            to = mapping::codecs::parse_da(text);
        return text.empty() || to;
    };
    if (!read(first, range.first) || !read(last, range.last))
        return {};
    return range;
}

std::optional<std::pair<day_slice, day_slice>> halve(day_slice const& slice)
{
    if (slice.to - slice.from <= shortest_slice)
        return {};
    auto const middle = static_cast<std::uint16_t>((slice.from + slice.to) / 2);
    return std::pair(day_slice{slice.from, middle}, day_slice{middle, slice.to});
}

std::string to_tm_key(day_slice const& slice)
{
    std::string key;
    if (slice.from != 0)
        append_time(key, slice.from);
    key.append(1, '-');
    if (slice.to != day_slice::minutes_of_day)
        append_time(key, slice.to);
    return key;
}

std::optional<std::uint16_t> minute_of(std::string_view tm)
{
    std::array<char, 4> digits{};
    std::size_t count = 0;
    for (char const c : tm) {
        if (c == ':' && count == 2)
            continue;
        if (c < '0' || c > '9' || count == digits.size())
            break;
        digits[count++] = c;
    }
    if (count != 2 && count != 4)
        return {};
    auto const of = [&](std::size_t at) { return at < count ? (digits[at] - '0') * 10 + (digits[at + 1] - '0') : 0; };
    if (of(0) > 23 || of(2) > 59)
        return {};
    return static_cast<std::uint16_t>(of(0) * 60 + of(2));
}

}  // namespace pons::upstream
