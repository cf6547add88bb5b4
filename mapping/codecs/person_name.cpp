#include "mapping/codecs/person_name.hpp"

#include "mapping/data_set.hpp"
#include "mapping/short_copy.hpp"

#include <algorithm>

namespace pons::mapping::codecs {

namespace {

/// The next component; `rest` goes on behind it.
std::string_view take_component(std::string_view& rest)
{
    std::size_t at = 0;  // components are shorter than a call to look for their end
    while (at < rest.size() && rest[at] != '^')
        ++at;
    auto const part = rest.substr(0, at);
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
        *component = take_component(text);
    }
    return g;
}

/// The next group; `rest` goes on behind it.
name_group take_group(std::string_view& rest)
{
    auto const text = rest.substr(0, rest.find('='));
    rest.remove_prefix(std::min(text.size() + 1, rest.size()));
    return parse_group(text);
}

/// In the front of `buffer`, which only grows: nothing is written twice.
std::string_view joined(display_text const& text, std::string& buffer)
{
    std::size_t room = 0;
    for (auto const piece : text)
        room += piece.size() + 1;
    if (buffer.size() < room)
        buffer.resize(room);
    auto* to = buffer.data();
    for (auto const piece : text) {
        if (to != buffer.data())
            *to++ = ' ';
        to = copy(to, piece);
    }
    return {buffer.data(), static_cast<std::size_t>(to - buffer.data())};
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
        *group = take_group(pn);
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
    for (auto const* group : name.groups())
        if (!group->empty())
            return joined(display_pieces(*group, group != &name.alphabetic), buffer);
    return {};
}

std::string_view display(std::string_view pn, std::string& buffer)
{
    for (int group = 0; group < 3 && !pn.empty(); ++group)
        if (auto const text = joined(display_pieces(take_group(pn), group != 0), buffer); !text.empty())
            return text;
    return {};
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
