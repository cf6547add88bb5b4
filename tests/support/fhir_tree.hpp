#pragma once

#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// FHIR JSON and XML brought to one form, so that they can be compared (FHIR R4 §2.6.2, §2.6.1).
namespace pons::test {

using json = nlohmann::ordered_json;

/// Every primitive of a document with the path to it, in order: {"Bundle.entry.resource.ImagingStudy.id", "1.2.3"}. A
/// repeating element is its path several times, an element with others inside stands before them without a value.
using fhir_tree = std::vector<std::pair<std::string, std::string>>;

inline void flatten(json const& value, std::string const& path, fhir_tree& out)
{
    if (value.is_array()) {
        for (auto const& item : value)
            flatten(item, path, out);
    } else if (value.is_object()) {
        out.emplace_back(path, "");
        auto inside = path;
        if (value.contains("resourceType")) {
            inside += (path.empty() ? "" : ".") + value["resourceType"].get<std::string>();
            out.emplace_back(inside, "");
        }
        for (auto const& [name, item] : value.items())
            if (name != "resourceType")
                flatten(item, inside + "." + name, out);
    } else {
        out.emplace_back(path, value.is_string() ? value.get<std::string>() : value.dump());
    }
}

inline void flatten(pugi::xml_node node, std::string const& parent, fhir_tree& out)
{
    auto const path = parent + (parent.empty() ? "" : ".") + node.name();
    out.emplace_back(path, node.attribute("value").value());
    for (auto const child : node.children())
        flatten(child, path, out);
}

inline fhir_tree tree_of_json(std::string const& text)
{
    fhir_tree out;
    flatten(json::parse(text), "", out);
    return out;
}

/// Empty when it is not well-formed, or not in FHIR's namespace.
inline fhir_tree tree_of_xml(std::string const& text)
{
    pugi::xml_document document;
    if (!document.load_buffer(text.data(), text.size()))
        return {};
    auto const root = document.document_element();
    if (std::string_view(root.attribute("xmlns").value()) != "http://hl7.org/fhir")
        return {};
    fhir_tree out;
    out.emplace_back("", "");
    flatten(root, "", out);
    return out;
}

/// What no FHIR document may have: empty strings, lists or objects, and null (FHIR R4 §2.6.2.2). The path of the first.
inline std::string first_empty(json const& value, std::string const& path = {})
{
    if (value.is_null() || (value.is_string() && value.get<std::string>().empty()) ||
        ((value.is_array() || value.is_object()) && value.empty()))
        return path.empty() ? "(root)" : path;
    if (value.is_array() || value.is_object())
        for (auto const& [name, item] : value.items())
            if (auto found = first_empty(item, path + "." + name); !found.empty())
                return found;
    return {};
}

}  // namespace pons::test
