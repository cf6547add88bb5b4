#include "mapping/matching.hpp"

#include "mapping/codecs/date_parts.hpp"
#include "mapping/codecs/folding.hpp"
#include "mapping/codecs/identifier.hpp"
#include "mapping/errc.hpp"
#include "mapping/utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace pons::mapping {

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t day = 86'400 * second;
constexpr auto open_end = std::numeric_limits<std::int64_t>::max();
constexpr auto open_begin = std::numeric_limits<std::int64_t>::min();

constexpr std::string_view empty_value = "\"\"";

/// From `begin` up to, not including, `end`, in microseconds.
struct span_of_time {
    std::int64_t begin = open_begin;
    std::int64_t end = open_end;

    bool overlaps(span_of_time const& other) const { return begin < other.end && other.begin < end; }
};

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
    return span_of_time{begin, begin + day};
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
    auto const end = dt.size() == 8   ? begin + day
                     : dt.size() == 4 ? first(*year, 12, 31) + day
                     : *month == 12   ? first(*year, 12, 31) + day
                                      : first(*year, *month + 1, 1);
    return span_of_time{begin - offset, end - offset};
}

std::optional<span_of_time> read_moment(vr as, std::string_view text)
{
    return as == "DA"_vr ? read_date(text) : as == "TM"_vr ? read_time(text) : read_date_time(text);
}

bool is_about_time(vr as)
{
    return as == "DA"_vr || as == "TM"_vr || as == "DT"_vr;
}

/// A value, or a range with "-" (PS3.4 §C.2.2.2.5). In DT a hyphen may also begin an offset.
std::optional<span_of_time> read_range(vr as, std::string_view text)
{
    if (auto const whole = read_moment(as, text))
        return whole;
    for (auto dash = text.find('-'); dash != text.npos; dash = text.find('-', dash + 1)) {
        auto const first = text.substr(0, dash);
        auto const last = text.substr(dash + 1);
        auto const from = first.empty() ? std::optional(span_of_time{}) : read_moment(as, first);
        auto const to = last.empty() ? std::optional(span_of_time{}) : read_moment(as, last);
        if (from && to && !(first.empty() && last.empty()) && from->begin < to->end)
            return span_of_time{from->begin, to->end};
    }
    return {};
}

bool is_number(vr as)
{
    constexpr std::array numbers{"DS"_vr, "IS"_vr, "US"_vr, "SS"_vr, "UL"_vr,
                                 "SL"_vr, "UV"_vr, "SV"_vr, "FL"_vr, "FD"_vr};
    return std::ranges::find(numbers, as) != numbers.end();
}

std::optional<double> read_number(std::string_view text)
{
    if (text.starts_with('+'))
        text.remove_prefix(1);
    double value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        return {};
    return value;
}

std::u32string_view without_padding(std::u32string_view text)
{
    while (text.ends_with(U'^') || text.ends_with(U'=') || text.ends_with(U' '))
        text.remove_suffix(1);
    return text;
}

bool is_like(std::u32string_view text, std::u32string_view pattern)
{
    std::size_t t = 0;
    std::size_t p = 0;
    auto star = pattern.npos;
    std::size_t resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == U'*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && (pattern[p] == U'?' || pattern[p] == text[t])) {
            ++t;
            ++p;
        } else if (star != pattern.npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of(U'*', p) == pattern.npos;
}

bool name_is_like(std::string_view stored, std::string_view wanted)
{
    auto const pattern = codecs::fold(wanted, codecs::folding::search);
    auto const text = codecs::fold(stored, codecs::folding::search);
    auto const bare = without_padding(pattern);
    std::u32string_view rest = text;
    if (pattern.find(U'=') != pattern.npos)
        return is_like(without_padding(rest), bare);
    for (;;) {
        auto const end = std::min(rest.find(U'='), rest.size());
        auto const group = without_padding(rest.substr(0, end));
        if (!group.empty() && is_like(group, bare))
            return true;
        if (end == rest.size())
            return false;
        rest.remove_prefix(end + 1);
    }
}

/// As it is written; a byte that is no UTF-8 is one character.
std::u32string characters(std::string_view utf8)
{
    std::u32string all;
    while (!utf8.empty()) {
        auto const size = utf8_length(utf8);
        all.push_back(size != 0 ? utf8_character(utf8.substr(0, size)) : static_cast<unsigned char>(utf8.front()));
        utf8.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return all;
}

/// "?" is one character as it is written; beyond that, composed and decomposed letters are the same.
bool text_is_like(std::string_view stored, std::string_view wanted)
{
    if (is_like(characters(stored), characters(wanted)))
        return true;
    return is_like(codecs::fold(stored, codecs::folding::none), codecs::fold(wanted, codecs::folding::none));
}

bool value_meets(std::string_view stored, std::string_view wanted, vr as)
{
    if (is_about_time(as)) {
        auto const range = read_range(as, wanted);
        auto const moment = read_moment(as, stored);
        return range && moment && range->overlaps(*moment);
    }
    if (is_number(as)) {
        auto const a = read_number(stored);
        return a && a == read_number(wanted);
    }
    if (as == "PN"_vr)
        return name_is_like(stored, wanted);
    if (takes_wild_cards(as))
        return text_is_like(stored, wanted);
    return stored == wanted;
}

matched any_value(data_set const& row, match_key const& key)
{
    auto const t = key.path.back();
    if (!row.contains(t))
        return matched::open;
    if (key.values.front() == empty_value)
        return row.text(t).empty() && row.count(t) <= 1 && row.items(t).empty() ? matched::yes : matched::no;
    for (std::size_t i = 0; i < row.count(t); ++i)
        if (std::ranges::any_of(key.values, [&](auto const& v) { return value_meets(row.text(t, i), v, key.as); }))
            return matched::yes;
    return matched::no;
}

/// One item of a sequence against all keys that go through it.
matched item_meets(data_set const& item, std::span<match_key const* const> keys, std::size_t depth);

matched keys_meet(data_set const& row, std::span<match_key const* const> keys, std::size_t depth)
{
    auto all = matched::yes;
    std::vector<match_key const*> left(keys.begin(), keys.end());
    while (!left.empty()) {
        auto const* const first = left.front();
        auto one = matched::yes;
        if (first->path.size() == depth + 1) {
            left.erase(left.begin());
            one = any_value(row, *first);
        } else {
            auto const sequence = first->path[depth];
            std::vector<match_key const*> together;
            std::erase_if(left, [&](match_key const* k) {
                bool const same = k->path.size() > depth + 1 && k->path[depth] == sequence;
                if (same)
                    together.push_back(k);
                return same;
            });
            one = row.contains(sequence) ? matched::no : matched::open;
            for (auto const& item : row.items(sequence))
                one = std::max(one, item_meets(item, together, depth + 1));
        }
        if (one == matched::no)
            return matched::no;
        all = std::min(all, one);
    }
    return all;
}

/// Inside an item nothing is left open: what it does not hold, it does not have.
matched item_meets(data_set const& item, std::span<match_key const* const> keys, std::size_t depth)
{
    return keys_meet(item, keys, depth) == matched::yes ? matched::yes : matched::no;
}

struct date_and_time {
    tag date;
    tag time;
};
constexpr date_and_time pairs[] = {
    {tag{0x00080020}, tag{0x00080030}}, {tag{0x00080021}, tag{0x00080031}}, {tag{0x00080022}, tag{0x00080032}},
    {tag{0x00080023}, tag{0x00080033}}, {tag{0x00100030}, tag{0x00100032}}, {tag{0x00400244}, tag{0x00400245}},
    {tag{0x00400250}, tag{0x00400251}},
};

bool is_range(match_key const& key)
{
    return is_about_time(key.as) && key.values.size() == 1 && key.values.front() != empty_value &&
           !read_moment(key.as, key.values.front());
}

/// One range from the first time on the first day to the last time on the last.
bool meets_combined(data_set const& row, match_key const& date, match_key const& time)
{
    auto const days = read_range("DA"_vr, date.values.front());
    auto const times = read_range("TM"_vr, time.values.front());
    auto const on = read_date(row.text(date.path.back()));
    if (!days || !times || !on)
        return false;
    auto const at = read_time(row.text(time.path.back())).value_or(span_of_time{0, day});
    span_of_time const moment{on->begin + at.begin, on->begin + at.end};
    span_of_time wanted = *days;
    if (wanted.begin != open_begin && times->begin != open_begin)
        wanted.begin += times->begin;
    if (wanted.end != open_end && times->end != open_end)
        wanted.end += times->end - day;
    return moment.overlaps(wanted);
}

match_key const* find_key(std::span<match_key const> keys, tag t)
{
    auto const at = std::ranges::find_if(keys, [&](auto const& k) { return k.path.size() == 1 && k.path[0] == t; });
    return at == keys.end() ? nullptr : &*at;
}

/// The other half, when both are ranges.
match_key const* partner(std::span<match_key const> keys, match_key const& key)
{
    if (key.path.size() != 1 || !is_range(key))
        return nullptr;
    for (auto const& pair : pairs) {
        auto const other = key.path[0] == pair.date ? pair.time : key.path[0] == pair.time ? pair.date : tag{};
        auto const* const found = other == tag{} ? nullptr : find_key(keys, other);
        if (found && !found->values.empty() && is_range(*found))
            return found;
    }
    return nullptr;
}

bool all_printable(std::string_view text)
{
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

bool takes_wild_cards(vr as)
{
    constexpr std::array text{"AE"_vr, "CS"_vr, "LO"_vr, "LT"_vr, "PN"_vr, "SH"_vr, "ST"_vr, "UC"_vr, "UR"_vr, "UT"_vr};
    return std::ranges::find(text, as) != text.end();
}

bool is_single_value(match_key const& key)
{
    if (key.values.size() != 1 || key.values.front() == empty_value)
        return false;
    return takes_wild_cards(key.as) ? key.values.front().find_first_of("*?") == std::string::npos : !is_range(key);
}

std::string describe(match_key const& key)
{
    std::string text;
    for (auto const t : key.path)
        text.append(text.empty() ? "" : ".").append(describe(t));
    return text;
}

result<match_key> make_match_key(std::vector<tag> path, vr as, std::string_view value, bool empty_values)
{
    match_key key{.path = std::move(path), .as = as, .values = {}};
    auto const wrong = [&] { return fail(errc::invalid_value, describe(key)); };
    value = trim(value, as);
    if (value.find_first_not_of('*') == value.npos)
        return key;
    if (empty_values && value == empty_value) {
        key.values.emplace_back(value);
        return key;
    }
    if (as == "SQ"_vr || value.find('\\') != value.npos || !all_printable(value))
        return wrong();
    if (as == "UI"_vr) {
        for (auto rest = value; !rest.empty();) {
            auto const uid = rest.substr(0, rest.find(','));
            if (!codecs::is_uid(uid))
                return wrong();
            key.values.emplace_back(uid);
            rest.remove_prefix(std::min(uid.size() + 1, rest.size()));
        }
        return key;
    }
    if ((is_about_time(as) && !read_range(as, value)) || (is_number(as) && !read_number(value)))
        return wrong();
    key.values.emplace_back(value);
    return key;
}

matcher::matcher(std::span<match_key const> keys) : keys_(keys) {}

matched matcher::of(std::span<data_set const* const> levels) const
{
    auto const home = [&](tag t) -> data_set const* {
        for (auto const* const level : levels)
            if (level->contains(t))
                return level;
        return nullptr;
    };
    auto all = matched::yes;
    // Per data set, so that keys of one sequence are judged together.
    std::vector<std::pair<data_set const*, std::vector<match_key const*>>> work;
    for (auto const& key : keys_) {
        if (key.values.empty())
            continue;
        auto const* const row = home(key.path.front());
        if (!row) {
            all = matched::open;
            continue;
        }
        if (auto const* const other = partner(keys_, key); other && row->contains(other->path.front())) {
            if (key.as == "DA"_vr && !meets_combined(*row, key, *other))
                return matched::no;
            continue;
        }
        auto const at = std::ranges::find(work, row, [](auto const& w) { return w.first; });
        (at != work.end() ? *at : work.emplace_back(row, std::vector<match_key const*>())).second.push_back(&key);
    }
    for (auto const& [row, keys] : work) {
        auto const one = keys_meet(*row, keys, 0);
        if (one == matched::no)
            return matched::no;
        all = std::min(all, one);
    }
    return all;
}

std::vector<match_key const*> matcher::missing(std::span<data_set const* const> levels) const
{
    std::vector<match_key const*> none;
    for (auto const& key : keys_)
        if (!key.values.empty() &&
            std::ranges::none_of(levels, [&](data_set const* level) { return level->contains(key.path.front()); }))
            none.push_back(&key);
    return none;
}

}  // namespace pons::mapping
