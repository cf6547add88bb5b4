#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// PN (PS3.5 §6.2.1) ↔ FHIR HumanName parts and display text.
namespace pons::mapping::codecs {

/// The five components of one component group; views into the PN value, padding gone.
struct name_group {
    std::string_view family;
    std::string_view given;
    std::string_view middle;
    std::string_view prefix;
    std::string_view suffix;

    bool empty() const;

    friend bool operator==(name_group const&, name_group const&) = default;
};

struct person_name {
    name_group alphabetic;
    name_group ideographic;
    name_group phonetic;

    bool empty() const { return alphabetic.empty() && ideographic.empty() && phonetic.empty(); }
    std::array<name_group const*, 3> groups() const { return {&alphabetic, &ideographic, &phonetic}; }

    friend bool operator==(person_name const&, person_name const&) = default;
};

/// Any text is a name: components past the fifth and groups past the third are left out.
person_name parse_person_name(std::string_view pn);

/// The parts of a display text in their order, a space between them: "Dr.", "Given", "Middle", "Family", "Suffix".
/// Ideographic and phonetic groups are written family first.
struct display_text {
    std::array<std::string_view, 5> pieces;
    std::size_t count = 0;

    auto begin() const { return pieces.begin(); }
    auto end() const { return pieces.begin() + static_cast<std::ptrdiff_t>(count); }
};
display_text display_pieces(name_group const& group, bool family_first);

/// The display text of the first group that is not empty. `buffer` is overwritten and backs the answer; empty for an
/// empty name.
std::string_view display(person_name const& name, std::string& buffer);
/// The same of a PN value, of which no more is read than that.
std::string_view display(std::string_view pn, std::string& buffer);

/// The reverse of parse_person_name, without trailing delimiters. Nothing when a component holds a character that a
/// component cannot hold: `\`, `^`, `=` or a control character.
std::optional<std::string> to_dicom(person_name const& name);

}  // namespace pons::mapping::codecs
