#pragma once

#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <string>

/// Whether a resource says the same in both formats (FHIR R4 §2.6.2). Header-only.
namespace pons::test {

/// "" when they agree, else the path at which they do not. `xml` is the element of the resource or of a part of it.
inline std::string difference(nlohmann::ordered_json const& json, pugi::xml_node xml, std::string const& path)
{
    if (!json.is_object()) {
        auto const text = json.is_string() ? json.get<std::string>() : json.dump();
        bool const same = xml.first_child().empty() && text == xml.attribute("value").value() && !text.empty();
        return same ? std::string() : path + ": \"" + text + "\" and \"" + xml.attribute("value").value() + "\"";
    }
    auto at = xml.first_child();
    if (json.contains("resourceType")) {
        if (std::string_view(xml.name()) != json.at("resourceType").get<std::string>()) {
            // A resource inside another one stands in an element of its own.
            if (at.next_sibling())
                return path + ": more than one resource";
            return difference(json, at, path);
        }
    }
    for (auto const& [name, value] : json.items()) {
        if (name == "resourceType")
            continue;
        auto const items = value.is_array() ? value : nlohmann::ordered_json::array({value});
        if (items.empty())
            return path + "." + name + ": an empty list";
        for (auto const& item : items) {
            if (name != at.name())
                return path + "." + name + ": XML has " + at.name();
            if (auto found = difference(item, at, path + "." + name); !found.empty())
                return found;
            at = at.next_sibling();
        }
    }
    if (json.empty())
        return path + ": an empty object";
    return at ? path + ": XML has also " + at.name() : std::string();
}

inline std::string difference(std::string const& json, std::string const& xml)
{
    auto const parsed = nlohmann::ordered_json::parse(json, nullptr, false);
    if (parsed.is_discarded())
        return "not JSON: " + json;
    pugi::xml_document document;
    // Nothing is normalised on reading: what differs is seen.
    if (auto const read = document.load_string(xml.c_str(), pugi::parse_default | pugi::parse_ws_pcdata_single); !read)
        return std::string("not XML: ") + read.description();
    return difference(parsed, document.document_element(), parsed.value("resourceType", "?"));
}

}  // namespace pons::test
