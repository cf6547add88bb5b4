#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pons::mapping::fhir {

enum class format : std::uint8_t { json, xml };

/// Writes one FHIR resource as JSON or XML (FHIR R4 §2.6, §2.6.2) from one description: the caller names elements in
/// the order of the specification (XML needs it) and never writes anything empty.
///
/// What is written is UTF-8. Control characters that XML 1.0 cannot carry are left out in both formats, so that both
/// say the same. Names are literals of ours and are not escaped.
class writer {
public:
    writer(std::string& out, format as, bool pretty = false);

    /// A resource: the document itself when `element` is empty, else the value of `element` (Bundle.entry.resource).
    void begin_resource(std::string_view element, std::string_view type);
    void end_resource();

    void begin_object(std::string_view element);
    void end_object();

    /// An element that may repeat: every `begin_item` to `end_item` is one object of it, every `item` one primitive.
    void begin_list(std::string_view element);
    void begin_item();
    void end_item();
    void item(std::string_view text);
    /// A resource as an item of a list (contained).
    void end_list();

    /// Primitives: string, code, uri, dateTime and the like.
    void property(std::string_view element, std::string_view text);
    void property(std::string_view element, std::string_view prefix, std::string_view text);  ///< both joined
    void property(std::string_view element, std::uint32_t number);
    void boolean(std::string_view element, bool yes);
    /// The same, nothing when `text` is empty.
    void optional(std::string_view element, std::string_view text)
    {
        if (!text.empty())
            property(element, text);
    }

    format written_as() const { return format_; }

private:
    void separate();
    void open_tag(std::string_view name);
    void close_tag(std::string_view name);
    void key(std::string_view element);
    void text(std::string_view text);
    void line();

    std::string& out_;
    format format_;
    bool pretty_;
    bool first_ = true;                    // JSON: nothing yet in the innermost object or list
    std::vector<std::string_view> names_;  // XML: the elements that are open; a resource's type after its element
};

}  // namespace pons::mapping::fhir
