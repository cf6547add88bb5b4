#include "mapping/matching_values.hpp"

#include "mapping/codecs/folding.hpp"
#include "mapping/matching.hpp"
#include "mapping/matching_times.hpp"
#include "mapping/utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace pons::mapping::matching {

namespace {

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

}  // namespace

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

}  // namespace pons::mapping::matching
