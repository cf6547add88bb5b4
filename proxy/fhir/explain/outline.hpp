#pragma once

#include "mapping/fhir/writer.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// A tree of named values: text for people, JSON for programs, a Parameters resource for clients of FHIR.
namespace pons::proxy::fhir {

/// A value, or parts.
struct outline {
    std::string name;
    std::variant<std::string, std::uint32_t, bool> value;
    std::vector<outline> parts;

    /// Texts that are empty are left out.
    void add(std::string_view part, std::string text);
    void add(std::string_view part, char const* text) { add(part, std::string(text)); }  // not as a bool
    void add(std::string_view part, std::uint32_t number) { parts.push_back({std::string(part), number, {}}); }
    void add(std::string_view part, bool yes) { parts.push_back({std::string(part), yes, {}}); }
    void add_all(std::string_view part, std::vector<std::string> const& texts);
    /// A part with parts, which is left out when it stays empty.
    outline& open(std::string_view part);
};

/// Indented lines, "name: value"; the root's name is not written.
std::string to_text(outline const& root);

/// An object; each part is an array of what goes by its name.
std::string to_json(outline const& root);

/// The parts of `root` as a Parameters resource (FHIR R4 Parameters), values as valueString, valueInteger and
/// valueBoolean.
void write_parameters(mapping::fhir::writer& w, outline const& root);

}  // namespace pons::proxy::fhir
