#include "mapping/bulk_place.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace pons::mapping {

namespace {

/// Takes a tag from the front: eight upper-case digits, then the end or a slash.
std::optional<tag> take_tag(std::string_view& place)
{
    auto const digits = place.substr(0, place.find('/'));
    auto const t = digits.size() == 8 ? tag_from_hex(digits) : std::nullopt;
    if (!t || to_hex(*t) != digits)
        return {};
    place.remove_prefix(digits.size());
    return t;
}

/// Takes "/3/" from the front.
std::optional<std::uint32_t> take_item(std::string_view& place)
{
    if (!place.starts_with('/') || place.starts_with("/0"))
        return {};
    std::uint32_t number = 0;
    auto const* const end = place.data() + place.size();
    auto const got = std::from_chars(place.data() + 1, end, number);
    if (got.ec != std::errc() || got.ptr == end || *got.ptr != '/')
        return {};
    place.remove_prefix(static_cast<std::size_t>(got.ptr + 1 - place.data()));
    return number;
}

}  // namespace

bool is_place(std::string_view place)
{
    if (place.size() > longest_place)
        return false;
    for (;;) {
        if (!take_tag(place))
            return false;
        if (place.empty())
            return true;
        if (!take_item(place))
            return false;
    }
}

std::string_view text_at(data_set const& in, std::string_view place)
{
    auto const* set = &in;
    for (;;) {
        auto const t = take_tag(place);
        if (!t)
            return {};
        if (place.empty())
            return set->text(*t);
        auto const number = take_item(place);
        auto const items = set->items(*t);
        if (!number || *number > items.size())
            return {};
        set = &items[*number - 1];
    }
}

std::string to_segment(std::string_view place)
{
    std::string segment(place);
    std::ranges::replace(segment, '/', '.');
    return segment;
}

std::string from_segment(std::string_view segment)
{
    std::string place(segment);
    if (place.find('/') != place.npos)
        return {};
    std::ranges::replace(place, '.', '/');
    return is_place(place) ? place : std::string();
}

}  // namespace pons::mapping
