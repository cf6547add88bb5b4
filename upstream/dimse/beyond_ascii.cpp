#include "upstream/dimse/beyond_ascii.hpp"

#include "mapping/dictionary.hpp"
#include "mapping/levels.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace pons::upstream::dimse {

namespace {

using mapping::find_request;
using mapping::operator""_vr;

/// Fewer characters beside "*" are shared by too much of an archive.
constexpr std::size_t enough_for_stars = 3;

bool is_ascii(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool goes_out(mapping::key const& k, find_request const& request)
{
    return !k.values.empty() && mapping::belongs_at(k.attribute, request.at);
}

/// Where "*" and "?" are wild cards (PS3.4 C.2.2.2.4).
bool takes_wild_cards(mapping::tag t)
{
    constexpr std::array texts{"AE"_vr, "CS"_vr, "LO"_vr, "LT"_vr, "PN"_vr,
                               "SH"_vr, "ST"_vr, "UC"_vr, "UR"_vr, "UT"_vr};
    auto const* const known = mapping::find_attribute(t);
    return known && std::ranges::find(texts, known->vr) != texts.end();
}

struct widened {
    std::string text;  ///< empty: only wild cards would be left
    bool certain = false;
};

widened widen(std::string_view value)
{
    std::string stars;
    std::string marks;
    std::size_t left = 0;
    for (char const c : value) {
        auto const byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            if (c != '*' || !stars.ends_with('*'))
                stars += c;
            marks += c;
            left += c == '*' || c == '?' || c == '^' || c == ' ' ? 0 : 1;
            continue;
        }
        if (!stars.ends_with('*'))
            stars += '*';
        if (byte >= 0xC0)  // the first of a character
            marks += '?';
    }
    if (left >= enough_for_stars)
        return {std::move(stars), true};
    if (left == 0 && value.find('*') != value.npos)
        return {};
    return {std::move(marks), false};  // an archive that compares bytes wants two of them for a character
}

bool fits_latin1(find_request const& request)
{
    return std::ranges::all_of(request.keys, [](mapping::key const& k) {
        return std::ranges::all_of(k.values, [](std::string_view value) {
            return std::ranges::all_of(value, [](char c) { return static_cast<unsigned char>(c) < 0xC4; });
        });
    });
}

std::optional<rung> in_another_set(find_request const& request, std::string_view charset)
{
    if (charset != "ISO_IR 192")
        return rung{request, "ISO_IR 192", false};
    if (!fits_latin1(request))
        return {};
    return rung{request, "ISO_IR 100", false};
}

}  // namespace

bool is_beyond_ascii(find_request const& request)
{
    return std::ranges::any_of(request.keys, [&](mapping::key const& k) {
        return goes_out(k, request) && !std::ranges::all_of(k.values, is_ascii);
    });
}

std::optional<rung> next_rung(find_request const& request, config::quirks const& quirks)
{
    if (!quirks.wildcards)
        return in_another_set(request, quirks.charset_query);
    rung next{request, {}, true};
    for (auto& k : next.request.keys) {
        if (!goes_out(k, request))
            continue;
        for (auto& value : k.values) {
            if (is_ascii(value))
                continue;
            auto wide = takes_wild_cards(k.attribute) ? widen(value) : widened{};
            if (wide.text.empty())
                return {};
            next.certain = next.certain && wide.certain;
            value = std::move(wide.text);
        }
    }
    return next;
}

}  // namespace pons::upstream::dimse
