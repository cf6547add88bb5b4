#include "mapping/codecs/person_name.hpp"

#include "mapping/data_set.hpp"

#include <algorithm>

namespace pons::mapping::codecs {

namespace {

/// The text before the next `delimiter`; `rest` goes on behind it.
std::string_view take(std::string_view& rest, char delimiter)
{
    std::size_t at = 0;  // components are shorter than a call to look for their end
    while (at < rest.size() && rest[at] != delimiter)
        ++at;
    auto part = rest.substr(0, at);
    rest.remove_prefix(std::min(at + 1, rest.size()));
    bool const padded = !part.empty() && (part.front() == ' ' || part.back() == ' ' || part.back() == '\0');
    return padded ? trim(part, "PN"_vr) : part;
}

name_group parse_group(std::string_view text)
{
    name_group g;
    for (auto* component : {&g.family, &g.given, &g.middle, &g.prefix, &g.suffix}) {
        if (text.empty())
            break;
        *component = take(text, '^');
    }
    return g;
}

void append_display(name_group const& group, bool family_first, std::string& text)
{
    for (auto const piece : display_pieces(group, family_first)) {
        if (!text.empty())
            text.push_back(' ');
        text.append(piece);
    }
}

bool is_component(std::string_view text)
{
    return std::ranges::none_of(
        text, [](unsigned char c) { return c == '\\' || c == '^' || c == '=' || c < 0x20 || c == 0x7F; });
}

}  // namespace

bool name_group::empty() const
{
    return family.empty() && given.empty() && middle.empty() && prefix.empty() && suffix.empty();
}

person_name parse_person_name(std::string_view pn)
{
    person_name name;
    for (auto* group : {&name.alphabetic, &name.ideographic, &name.phonetic}) {
        if (pn.empty())
            break;
        *group = parse_group(take(pn, '='));
    }
    return name;
}

display_text display_pieces(name_group const& group, bool family_first)
{
    display_text text;
    auto add = [&](std::string_view piece) {
        if (!piece.empty())
            text.pieces[text.count++] = piece;
    };
    add(group.prefix);
    if (family_first)
        add(group.family);
    add(group.given);
    add(group.middle);
    if (!family_first)
        add(group.family);
    add(group.suffix);
    return text;
}

std::string_view display(person_name const& name, std::string& buffer)
{
    buffer.clear();
    for (auto const* group : name.groups())
        if (buffer.empty())
            append_display(*group, group != &name.alphabetic, buffer);
    return buffer;
}

std::string_view display(std::string_view pn, std::string& buffer)
{
    buffer.clear();
    for (int group = 0; group < 3 && !pn.empty() && buffer.empty(); ++group)
        append_display(parse_group(take(pn, '=')), group != 0, buffer);
    return buffer;
}

std::optional<std::string> to_dicom(person_name const& name)
{
    std::string pn;
    for (auto const* group : name.groups()) {
        for (auto component : {group->family, group->given, group->middle, group->prefix, group->suffix}) {
            if (!is_component(component))
                return std::nullopt;
            pn.append(trim(component, "PN"_vr)).push_back('^');
        }
        pn.erase(pn.find_last_not_of('^') + 1);
        pn.push_back('=');
    }
    pn.erase(pn.find_last_not_of('=') + 1);
    return pn;
}

}  // namespace pons::mapping::codecs
