#include "upstream/dicomweb/media_type.hpp"

#include <algorithm>

namespace pons::upstream::dicomweb {

namespace {

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool same(std::string_view a, std::string_view b)
{
    return std::ranges::equal(a, b, {}, lower, lower);
}

bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

/// Takes `"…"` from the front, or all up to the next semicolon.
std::string take_value(std::string_view& from)
{
    std::string value;
    while (!from.empty() && is_blank(from.front()))
        from.remove_prefix(1);
    if (from.empty() || from.front() != '"') {
        auto const end = std::min(from.find(';'), from.size());
        value = trimmed(from.substr(0, end));
        from.remove_prefix(end);
        return value;
    }
    std::size_t at = 1;
    for (; at < from.size() && from[at] != '"'; ++at) {
        if (from[at] == '\\' && at + 1 < from.size())
            ++at;
        value += from[at];
    }
    from.remove_prefix(std::min(at + 1, from.size()));
    return value;
}

}  // namespace

std::optional<std::string> media_type_parameter(std::string_view rest, std::string_view name)
{
    for (;;) {
        auto const begin = rest.find(';');
        if (begin == rest.npos)
            return {};
        rest.remove_prefix(begin + 1);
        auto const end = rest.find_first_of("=;");
        if (end == rest.npos)
            return {};
        if (rest[end] == ';')  // no parameter at all
            continue;
        auto const found = trimmed(rest.substr(0, end));
        rest.remove_prefix(end + 1);
        auto value = take_value(rest);
        if (same(found, name))
            return value;
    }
}

std::optional<std::string> multipart_boundary(std::string_view media_type)
{
    auto boundary = media_type_parameter(media_type, "boundary");
    for (auto const* outer : {"type", "start-info", "start"}) {
        auto const inside = boundary ? std::optional<std::string>() : media_type_parameter(media_type, outer);
        if (inside)
            boundary = media_type_parameter(";" + *inside, "boundary");
    }
    bool const good = boundary && !boundary->empty() && boundary->size() <= max_boundary && boundary->back() != ' ' &&
                      std::ranges::all_of(*boundary, [](char c) { return c >= ' ' && c < '\x7F'; });
    return good ? boundary : std::nullopt;
}

bool is_media_type(std::string_view media_type, std::string_view type)
{
    return same(trimmed(media_type.substr(0, media_type.find(';'))), type);
}

}  // namespace pons::upstream::dicomweb
