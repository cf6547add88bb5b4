#include "mapping/search/parse_value.hpp"

#include <algorithm>

namespace pons::mapping::search {

namespace {

std::optional<token> parse_token(std::string_view value, bool of_type)
{
    auto const parts = split_escaped(value, '|');
    token t;
    std::string text;
    if (of_type) {
        if (parts.size() != 3 || std::ranges::any_of(parts, &std::string_view::empty))
            return {};
        if (!unescape(parts[0], t.type_system) || !unescape(parts[1], t.type_code) || !unescape(parts[2], t.code))
            return {};
        return t;
    }
    if (parts.size() > 2)
        return {};
    if (parts.size() == 2) {
        if (!unescape(parts[0], text))
            return {};
        t.system = text;
    }
    if (!unescape(parts.back(), t.code))
        return {};
    if (t.code.empty() && (!t.system || t.system->empty()))
        return {};
    return t;
}

bool is_url(std::string_view text)
{
    return text.starts_with("http://") || text.starts_with("https://") || text.starts_with("urn:");
}

/// "Patient", as FHIR names resource types.
bool is_type_name(std::string_view text)
{
    auto const upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    auto const lower = [](char c) { return c >= 'a' && c <= 'z'; };
    return text.size() > 2 && upper(text[0]) && lower(text[1]) &&
           std::ranges::all_of(text, [&](char c) { return upper(c) || lower(c); });
}

std::optional<reference_value> parse_reference(std::string_view value, std::string_view type, std::string_view base)
{
    reference_value reference;
    std::string text;
    if (!unescape(value, text) || text.empty())
        return {};
    std::string_view rest = text;
    if (is_url(rest)) {
        if (base.empty() || !rest.starts_with(base) || !rest.substr(base.size()).starts_with("/"))
            return reference_value{.type = {}, .id = text, .foreign = true};
        rest.remove_prefix(base.size() + 1);
        if (rest.starts_with("r4/"))
            rest.remove_prefix(3);
        if (rest.empty())
            return {};
    }
    if (auto const history = rest.find("/_history/"); history != std::string_view::npos)
        rest = rest.substr(0, history);
    // Patient ids with a slash exist; they cannot be references, but they can be meant.
    if (auto const slash = rest.find('/'); is_type_name(rest.substr(0, slash)) && slash != std::string_view::npos) {
        reference.type = rest.substr(0, slash);
        rest.remove_prefix(slash + 1);
        if (!type.empty() && reference.type != type)
            return reference_value{.type = {}, .id = text, .foreign = true};  // can match nothing
    } else {
        reference.type = type;
    }
    reference.id = rest;
    return reference;
}

}  // namespace

std::optional<criterion_value> parse_value(criterion const& c, std::string_view value, std::string_view reference_type,
                                           parse_options const& options)
{
    switch (c.type()) {
        case parameter_type::token:
            return parse_token(value, c.modifier == modifier::of_type);
        case parameter_type::reference:
            return parse_reference(value, reference_type, options.base);
        case parameter_type::date:
            return codecs::parse_date_value(value, options.now);
        case parameter_type::string:
            break;
    }
    std::string text;
    if (!unescape(value, text))
        return {};
    return text;
}

std::string_view form_of(criterion const& c)
{
    if (c.modifier == modifier::missing)
        return "true or false";
    if (c.modifier == modifier::of_type)
        return "type-system|type-code|value";
    switch (c.type()) {
        case parameter_type::token:
            return "code, system|code, |code or system|";
        case parameter_type::reference:
            return "id, Type/id or an absolute URL";
        case parameter_type::date:
            return "2024-01-31 or 2024-01-31T10:00:00Z, perhaps after eq, ne, gt, ge, lt, le, sa, eb or ap";
        case parameter_type::string:
            break;
    }
    return "text, with a backslash before , | $ and backslash";
}

}  // namespace pons::mapping::search
