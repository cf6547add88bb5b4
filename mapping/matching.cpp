#include "mapping/matching.hpp"

#include "mapping/codecs/identifier.hpp"
#include "mapping/errc.hpp"
#include "mapping/matching_times.hpp"
#include "mapping/matching_values.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace pons::mapping {

namespace {

using namespace matching;

constexpr std::string_view empty_value = "\"\"";

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

struct date_and_time {
    tag date;
    tag time;
};
constexpr date_and_time pairs[] = {
    {tag{0x00080020}, tag{0x00080030}}, {tag{0x00080021}, tag{0x00080031}}, {tag{0x00080022}, tag{0x00080032}},
    {tag{0x00080023}, tag{0x00080033}}, {tag{0x00100030}, tag{0x00100032}}, {tag{0x00400244}, tag{0x00400245}},
    {tag{0x00400250}, tag{0x00400251}},
};

/// Of a Scheduled Procedure Step (PS3.4 Table K.6-1): always one range when both are.
constexpr date_and_time scheduled_start{tag{0x00400002}, tag{0x00400003}};

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
    auto const on = read_moment("DA"_vr, row.text(date.path.back()));
    if (!days || !times || !on)
        return false;
    auto const at = read_moment("TM"_vr, row.text(time.path.back())).value_or(span_of_time{0, whole_day});
    span_of_time const moment{on->begin + at.begin, on->begin + at.end};
    span_of_time wanted = *days;
    if (wanted.begin != span_of_time::open_begin && times->begin != span_of_time::open_begin)
        wanted.begin += times->begin;
    if (wanted.end != span_of_time::open_end && times->end != span_of_time::open_end)
        wanted.end += times->end - whole_day;
    return moment.overlaps(wanted);
}

/// Both keys, where together they are the start of a scheduled procedure step.
std::optional<matched> scheduled_start_meets(data_set const& row, std::vector<match_key const*>& keys)
{
    auto const find = [&](tag t) {
        return std::ranges::find_if(keys, [&](match_key const* k) { return k->path.back() == t && is_range(*k); });
    };
    auto const date = find(scheduled_start.date);
    auto const time = find(scheduled_start.time);
    if (date == keys.end() || time == keys.end() || !row.contains(scheduled_start.date))
        return {};
    auto const meets = meets_combined(row, **date, **time) ? matched::yes : matched::no;
    auto const done = {*date, *time};
    std::erase_if(keys, [&](match_key const* k) { return std::ranges::find(done, k) != done.end(); });
    return meets;
}

/// One item of a sequence against all keys that go through it.
matched item_meets(data_set const& item, std::span<match_key const* const> keys, std::size_t depth);

matched keys_meet(data_set const& row, std::span<match_key const* const> keys, std::size_t depth)
{
    auto all = matched::yes;
    std::vector<match_key const*> left(keys.begin(), keys.end());
    if (scheduled_start_meets(row, left) == matched::no)
        return matched::no;
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
