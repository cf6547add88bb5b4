#include "proxy/fhir/explain/outline.hpp"

#include "proxy/http/text.hpp"

#include <algorithm>

namespace pons::proxy::fhir {

namespace {

bool is_nothing(outline const& o)
{
    auto const* const text = std::get_if<std::string>(&o.value);
    return text && text->empty() && std::ranges::all_of(o.parts, is_nothing);
}

std::string value_of(outline const& o)
{
    if (auto const* const text = std::get_if<std::string>(&o.value))
        return *text;
    if (auto const* const number = std::get_if<std::uint32_t>(&o.value))
        return std::to_string(*number);
    return std::get<bool>(o.value) ? "true" : "false";
}

void append_lines(std::string& to, outline const& o, std::size_t indent)
{
    if (is_nothing(o))
        return;
    to.append(2 * indent, ' ').append(o.name).append(":");
    if (o.parts.empty())
        to.append(" ").append(value_of(o));
    to += '\n';
    for (auto const& part : o.parts)
        append_lines(to, part, indent + 1);
}

void append_json(std::string& to, outline const& o)
{
    if (o.parts.empty()) {
        if (std::holds_alternative<std::string>(o.value))
            http::append_json(to, value_of(o));
        else
            to += value_of(o);
        return;
    }
    to += '{';
    std::vector<std::string_view> names;
    for (auto const& part : o.parts)
        if (!is_nothing(part) && std::ranges::find(names, part.name) == names.end())
            names.push_back(part.name);
    for (auto const name : names) {
        to += name == names.front() ? "" : ",";
        http::append_json(to, name);
        to += ":[";
        bool first = true;
        for (auto const& part : o.parts) {
            if (part.name != name || is_nothing(part))
                continue;
            to += std::exchange(first, false) ? "" : ",";
            append_json(to, part);
        }
        to += ']';
    }
    to += '}';
}

void write_parts(mapping::fhir::writer& w, std::string_view element, std::vector<outline> const& parts)
{
    if (std::ranges::all_of(parts, is_nothing))
        return;
    w.begin_list(element);
    for (auto const& part : parts) {
        if (is_nothing(part))
            continue;
        w.begin_item();
        w.property("name", part.name);
        if (!part.parts.empty())
            write_parts(w, "part", part.parts);
        else if (auto const* const number = std::get_if<std::uint32_t>(&part.value))
            w.property("valueInteger", *number);
        else if (auto const* const yes = std::get_if<bool>(&part.value))
            w.boolean("valueBoolean", *yes);
        else
            w.property("valueString", value_of(part));
        w.end_item();
    }
    w.end_list();
}

}  // namespace

void outline::add(std::string_view part, std::string text)
{
    if (!text.empty())
        parts.push_back({std::string(part), std::move(text), {}});
}

void outline::add_all(std::string_view part, std::vector<std::string> const& texts)
{
    for (auto const& text : texts)
        add(part, text);
}

outline& outline::open(std::string_view part)
{
    return parts.emplace_back(outline{std::string(part), {}, {}});
}

std::string to_text(outline const& root)
{
    std::string text;
    for (auto const& part : root.parts)
        append_lines(text, part, 0);
    return text;
}

std::string to_json(outline const& root)
{
    std::string text;
    append_json(text, root);
    return text == "\"\"" ? "{}" : text;
}

void write_parameters(mapping::fhir::writer& w, outline const& root)
{
    w.begin_resource({}, "Parameters");
    write_parts(w, "parameter", root.parts);
    w.end_resource();
}

}  // namespace pons::proxy::fhir
