#include "tests/support/key_matching.hpp"

#include "mapping/dictionary.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

namespace pons::test {

namespace {

using namespace mapping;

std::u32string characters(std::string_view utf8)
{
    std::u32string out;
    for (std::size_t i = 0; i < utf8.size();) {
        auto const lead = static_cast<unsigned char>(utf8[i]);
        std::size_t const size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        char32_t c = size == 1 ? lead : lead & (0xFFU >> (size + 1));
        for (std::size_t k = 1; k < size && i + k < utf8.size(); ++k)
            c = c << 6 | (static_cast<unsigned char>(utf8[i + k]) & 0x3FU);
        out.push_back(c);
        i += size;
    }
    return out;
}

/// Without case, as far as the names of the tests need it; accents stay.
std::u32string lower(std::u32string text)
{
    for (char32_t& c : text)
        if ((c >= U'A' && c <= U'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3A9) ||
            (c >= 0x410 && c <= 0x42F))
            c += 0x20;
        else if (c == U'Ł' || c == U'Ś' || c == U'Ř' || c == U'Ż')
            c += 1;
    return text;
}

bool is_like(std::u32string_view text, std::u32string_view pattern)
{
    std::size_t t = 0, p = 0, star = pattern.npos, resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && (pattern[p] == U'?' || (pattern[p] != U'*' && pattern[p] == text[t]))) {
            ++t;
            ++p;
        } else if (p < pattern.size() && pattern[p] == U'*') {
            star = p++;
            resume = t;
        } else if (star != pattern.npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of(U'*', p) == pattern.npos;
}

bool takes_wild_cards(vr as)
{
    constexpr std::array all{"AE"_vr, "CS"_vr, "LO"_vr, "LT"_vr, "PN"_vr, "SH"_vr, "ST"_vr, "UC"_vr, "UR"_vr, "UT"_vr};
    return std::ranges::find(all, as) != all.end();
}

bool all_digits(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// A date that exists as yyyymmdd, the old form with dots read as well: what a database column of dates takes.
std::optional<std::string> column_of(std::string_view da)
{
    std::string text(da);
    if (text.size() == 10 && text[4] == '.' && text[7] == '.')
        text = text.substr(0, 4) + text.substr(5, 2) + text.substr(8, 2);
    if (text.size() != 8 || !all_digits(text))
        return {};
    constexpr std::array days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int const year = std::stoi(text.substr(0, 4)), month = std::stoi(text.substr(4, 2)),
              day = std::stoi(text.substr(6));
    bool const leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (year == 0 || month < 1 || month > 12 || day < 1 ||
        day > days[static_cast<std::size_t>(month - 1)] + (leap && month == 2 ? 1 : 0))
        return {};
    return text;
}

bool is_in_range(std::string_view stored, std::string_view range)
{
    auto const day = column_of(stored);
    if (!day)
        return false;
    auto const dash = range.find('-');
    if (dash == range.npos)
        return *day == range;
    auto const first = range.substr(0, dash), last = range.substr(dash + 1);
    return (first.empty() || *day >= first) && (last.empty() || *day <= last);
}

/// A time of the day as hhmmss, the old form with colons read as well, without its fraction.
std::optional<std::string> time_column_of(std::string_view tm)
{
    std::string text(tm.substr(0, tm.find('.')));
    std::erase(text, ':');
    if (text.size() != 2 && text.size() != 4 && text.size() != 6)
        return {};
    text.resize(6, '0');
    if (!all_digits(text) || text.substr(0, 2) > "23" || text.substr(2, 2) > "59" || text.substr(4) > "60")
        return {};
    return text;
}

bool is_in_time_range(std::string_view stored, std::string_view range)
{
    auto const time = time_column_of(stored);
    auto const dash = range.find('-');
    if (!time || dash == range.npos)
        return time && *time == range;
    auto const first = range.substr(0, dash), last = range.substr(dash + 1);
    return (first.empty() || *time >= first) && (last.empty() || *time <= last);
}

bool is_empty(data_set const& stored, tag t, vr as)
{
    auto const text = stored.text(t);
    return text.empty() || (as == "DA"_vr && !column_of(text)) || (as == "TM"_vr && !time_column_of(text));
}

bool value_meets(std::string_view stored, std::string_view value, vr as, matching_rules const& rules)
{
    if (as == "DA"_vr)
        return is_in_range(stored, value);
    if (as == "TM"_vr)
        return is_in_time_range(stored, value);
    if (!takes_wild_cards(as))
        return stored == value;
    auto text = characters(stored), pattern = characters(value);
    if (rules.counts_spaces && (as == "SH"_vr || as == "LO"_vr) && stored.size() % 3 == 1)
        text.insert(text.begin(), U' ');
    if (as == "PN"_vr && rules.names_without_case) {
        text = lower(std::move(text));
        pattern = lower(std::move(pattern));
    }
    if (!rules.wildcards)
        return text == pattern;
    return is_like(text, pattern);
}

bool is_legal_da(std::string_view value)
{
    if (value == "\"\"")
        return true;
    auto const dash = value.find('-');
    auto const is_day = [](std::string_view d) { return d.size() == 8 && column_of(d).has_value(); };
    if (dash == value.npos)
        return is_day(value);
    auto const first = value.substr(0, dash), last = value.substr(dash + 1);
    return (first.empty() || is_day(first)) && (last.empty() || is_day(last)) && !(first.empty() && last.empty()) &&
           (first.empty() || last.empty() || first <= last);
}

bool is_legal_tm(std::string_view value)
{
    if (value == "\"\"")
        return true;
    auto const dash = value.find('-');
    auto const is_time = [](std::string_view t) { return t.size() == 6 && time_column_of(t).has_value(); };
    if (dash == value.npos)
        return is_time(value);
    auto const first = value.substr(0, dash), last = value.substr(dash + 1);
    return (first.empty() || is_time(first)) && (last.empty() || is_time(last)) && !(first.empty() && last.empty());
}

bool is_uid(std::string_view text)
{
    return !text.empty() && text.size() <= 64 && text.find_first_not_of("0123456789.") == text.npos &&
           text.front() != '.' && text.back() != '.' && text.find("..") == text.npos;
}

std::string fault_of_value(attribute const& a, std::string_view value)
{
    if (value.find('\\') != value.npos)
        return "a backslash in a value";
    if (std::ranges::any_of(value, [](unsigned char c) { return c < 0x20 || c == 0x7F; }))
        return "a control character";
    if (a.vr == "DA"_vr && !is_legal_da(value))
        return "no range of dates: " + std::string(value);
    if (a.vr == "UI"_vr && !is_uid(value))
        return "no UID";
    if (!value.empty() && value.find_first_not_of('*') == value.npos)
        return "nothing but wild cards";
    if (a.vr == "TM"_vr && !is_legal_tm(value))
        return "no range of times";
    if (a.vr == "SQ"_vr)
        return "a sequence";
    return {};
}

}  // namespace

bool meets(data_set const& stored, key const& k, matching_rules const& rules)
{
    if (k.values.empty() || (k.values.size() == 1 && k.values.front().empty()))
        return true;
    auto const as = find_attribute(k.attribute)->vr;
    if (k.values.front() == "\"\"" && rules.empty_value_matching)
        return is_empty(stored, k.attribute, as);
    auto const last = rules.uid_lists ? k.values.size() : 1;
    for (std::size_t v = 0; v < last; ++v)
        for (std::size_t i = 0; i < stored.count(k.attribute); ++i)
            if (value_meets(stored.text(k.attribute, i), k.values[v], as, rules))
                return true;
    return false;
}

std::string fault_of(find_request const& request, bool relational, bool uid_lists_above)
{
    constexpr std::array unique{tags::StudyInstanceUID, tags::SeriesInstanceUID, tags::SOPInstanceUID};
    auto const depth = static_cast<std::size_t>(request.at);
    std::set<tag> seen;
    for (auto const& k : request.keys) {
        auto const* const a = find_attribute(k.attribute);
        if (!a)
            return to_hex(k.attribute) + " is not in the dictionary";
        auto const fault = [&](std::string_view what) { return std::string(a->keyword).append(": ").append(what); };
        if (!seen.insert(k.attribute).second)
            return fault("twice");
        if (k.values.size() > 1 && a->vr != "UI"_vr)
            return fault("a list of what is no UID");
        auto const above = std::ranges::find(unique, k.attribute) - unique.begin();
        bool const is_above = static_cast<std::size_t>(above) < depth;
        if (is_above && k.values.size() > 1 && !uid_lists_above)
            return fault("a list above the level");
        if (!is_above && level_of(k.attribute, request.at) != request.at)
            return fault("of another level");
        for (auto const& value : k.values)
            if (auto const what = fault_of_value(*a, value); !what.empty())
                return fault(what);
    }
    for (std::size_t l = 0; l < depth && !relational; ++l)
        if (!seen.contains(unique[l]))
            return "the UID above the level is missing";
    for (auto const t : request.return_keys)
        if (!find_attribute(t))
            return to_hex(t) + " is not in the dictionary";
        else if (level_of(t, request.at) > request.at)
            return describe(t) + " is below the level";
    return {};
}

}  // namespace pons::test
