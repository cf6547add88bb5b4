#include "mapping/order_names.hpp"

#include "mapping/codecs/person_name.hpp"

#include <algorithm>

namespace pons::mapping::orders {

namespace {

constexpr std::size_t longest_group = 64;

/// What a component can hold: what separates components and values becomes a space.
std::string plain(std::string_view text)
{
    std::string out(text);
    for (auto& c : out) {
        auto const byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F || c == '\\' || c == '^' || c == '=')
            c = ' ';
    }
    return out;
}

std::string joined(auto begin, auto end)
{
    std::string all;
    for (auto at = begin; at != end; ++at)
        all.append(all.empty() ? "" : " ").append(plain(*at));
    return all;
}

/// The components of a group; they back what refers to them.
struct components {
    std::string family;
    std::string given;
    std::string middle;
    std::string prefix;
    std::string suffix;

    codecs::name_group view() const
    {
        return {.family = family, .given = given, .middle = middle, .prefix = prefix, .suffix = suffix};
    }
};

std::size_t characters(components const& of)
{
    std::size_t count = 4;  // what stands between them
    for (auto const* part : {&of.family, &of.given, &of.middle, &of.prefix, &of.suffix})
        count += static_cast<std::size_t>(
            std::ranges::count_if(*part, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
    return count;
}

components split(human_name const& name)
{
    components all{.family = plain(name.family),
                   .given = name.given.empty() ? std::string() : plain(name.given.front()),
                   .middle = name.given.empty() ? std::string() : joined(name.given.begin() + 1, name.given.end()),
                   .prefix = joined(name.prefix.begin(), name.prefix.end()),
                   .suffix = joined(name.suffix.begin(), name.suffix.end())};
    if (all.view().empty())
        all.family = plain(name.text);
    if (characters(all) > longest_group)
        all.middle = all.prefix = all.suffix = {};
    return all;
}

int rank(human_name const& name)
{
    if (name.use == "official")
        return 0;
    if (name.use == "usual")
        return 1;
    return name.use.empty() ? 2 : 3;
}

components choose(std::vector<human_name> const& names, std::string_view representation, std::string_view or_else)
{
    human_name const* best = nullptr;
    for (auto const& name : names) {
        bool const fits = name.representation == representation || name.representation == or_else;
        if (fits && name.use != "old" && name.use != "maiden" && (!best || rank(name) < rank(*best)))
            best = &name;
    }
    return best ? split(*best) : components();
}

}  // namespace

std::string to_person_name(std::vector<human_name> const& names)
{
    auto const alphabetic = choose(names, "", "ABC");
    auto const ideographic = choose(names, "IDE", "IDE");
    auto const phonetic = choose(names, "SYL", "SYL");
    return codecs::to_dicom(codecs::person_name{.alphabetic = alphabetic.view(),
                                                .ideographic = ideographic.view(),
                                                .phonetic = phonetic.view()})
        .value_or(std::string());
}

std::string to_person_name(std::string_view display)
{
    components const all{.family = plain(display), .given = {}, .middle = {}, .prefix = {}, .suffix = {}};
    return codecs::to_dicom(codecs::person_name{.alphabetic = all.view(), .ideographic = {}, .phonetic = {}})
        .value_or(std::string());
}

}  // namespace pons::mapping::orders
