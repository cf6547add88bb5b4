#include "proxy/fhir/explain/shown.hpp"

#include "mapping/codecs/date_search.hpp"
#include "proxy/http/text.hpp"

#include <algorithm>

namespace pons::proxy::fhir {

namespace {

using mapping::operator""_vr;

std::size_t characters(std::string_view text)
{
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string number_of(std::size_t n, std::string_view what)
{
    return "<" + std::to_string(n) + ' ' + std::string(what) + (n == 1 ? ">" : "s>");
}

/// Wild cards stand for themselves.
std::string shape_of_text(std::string_view text)
{
    std::string shape;
    while (!text.empty()) {
        auto const wild = std::min(text.find_first_of("*?"), text.size());
        if (wild != 0)
            shape += number_of(characters(text.substr(0, wild)), "character");
        if (wild != text.size())
            shape += text[wild];
        text.remove_prefix(std::min(wild + 1, text.size()));
    }
    return shape;
}

std::string shape_of_dates(std::string_view text)
{
    auto const dash = text.find('-');
    if (dash == text.npos)
        return "<1 day>";
    auto const first = mapping::codecs::parse_da(text.substr(0, dash));
    auto const last = mapping::codecs::parse_da(text.substr(dash + 1));
    if (first && last && *first <= *last)
        return number_of(static_cast<std::size_t>((*last - *first).count()) + 1, "day");
    return first ? "<from a day on>" : "<up to a day>";
}

bool is_uid(std::string_view text)
{
    return text.find('.') != text.npos && text.find_first_not_of("0123456789.") == text.npos;
}

/// By which nobody is searched for.
bool is_of_the_protocol(std::string_view name)
{
    return name == "limit" || name == "offset" || name == "fuzzymatching" || name == "emptyvaluematching";
}

std::string shape_of_parameter(std::string_view name, std::string_view value)
{
    if (is_of_the_protocol(name))
        return std::string(value);
    auto const decoded = http::percent_decoded(value).value_or(std::string(value));
    auto const parts = static_cast<std::size_t>(std::ranges::count(decoded, ',')) + 1;
    if (name == "includefield")
        return number_of(parts, "attribute");
    auto const* const attribute = mapping::find_attribute(name);
    if (attribute && attribute->vr == "UI"_vr && parts != 1)
        return number_of(parts, "UID");
    return show_value(attribute ? attribute->tag : mapping::tag{}, decoded, {});
}

}  // namespace

std::string show_value(mapping::tag attribute, std::string_view value, shown const& how)
{
    if (how.values || value.empty() || value == "\"\"")
        return std::string(value);
    auto const* const known = mapping::find_attribute(attribute);
    if (known && known->vr == "DA"_vr)
        return shape_of_dates(value);
    if (known && known->vr == "TM"_vr)
        return "<time>";
    if (known && known->vr == "UI"_vr && value.find_first_of("*?") == value.npos)
        return "<UID>";
    return shape_of_text(value);
}

std::string show_key(mapping::key const& key, shown const& how)
{
    auto text = mapping::describe(key.attribute) + " = ";
    if (!how.values && key.values.size() > 1)
        return text + number_of(key.values.size(), "UID");
    for (std::size_t i = 0; i < key.values.size(); ++i)
        text.append(i == 0 ? "" : "\\").append(show_value(key.attribute, key.values[i], how));
    return text;
}

std::string show_request(mapping::find_request const& request, shown const& how)
{
    std::string text(mapping::to_query_level(request.at));
    std::string_view separator = "  ";
    for (auto const& key : request.keys) {
        text.append(separator).append(show_key(key, how));
        separator = "; ";
    }
    return text + "; asks for " + std::to_string(request.return_keys.size()) + " attributes";
}

std::string show_target(std::string_view target, shown const& how)
{
    if (how.values)
        return std::string(target);
    auto const question = std::min(target.find('?'), target.size());
    std::string text;
    std::string_view before;
    for (auto path = target.substr(0, question); !path.empty();) {
        auto const slash = std::min(path.find('/', 1), path.size());
        auto const segment = path.substr(0, slash);
        bool const names = before == "/studies" || before == "/series" || before == "/instances";
        text += names && is_uid(segment.substr(1)) ? "/<UID>" : std::string(segment);
        before = segment;
        path.remove_prefix(slash);
    }
    char separator = '?';
    for (auto query = target.substr(std::min(question + 1, target.size())); !query.empty(); separator = '&') {
        auto const end = std::min(query.find('&'), query.size());
        auto const one = query.substr(0, end);
        auto const name = one.substr(0, one.find('='));
        text.append(1, separator).append(name).append("=");
        text += shape_of_parameter(name, one.substr(std::min(name.size() + 1, one.size())));
        query.remove_prefix(std::min(end + 1, query.size()));
    }
    return text;
}

}  // namespace pons::proxy::fhir
