#pragma once

#include "mapping/fhir/escape.hpp"
#include "mapping/fhir/text_buffer.hpp"
#include "mapping/short_copy.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace pons::mapping::fhir {

enum class format : std::uint8_t { json, xml };

/// Writes one FHIR resource as JSON or XML (FHIR R4 §2.6, §2.6.2) from one description: the caller names elements in
/// the order of the specification (XML needs it) and never writes anything empty.
///
/// What is written is UTF-8. Control characters that XML 1.0 cannot carry are left out in both formats, so that both
/// say the same. Names are literals of ours and are not escaped. `out` holds the document when its resource has ended,
/// and nothing of use before.
class writer {
public:
    writer(std::string& out, format as, bool pretty = false) : out_(out), format_(as), pretty_(pretty) {}

    /// A resource: the document itself when `element` is empty, else the value of `element` (Bundle.entry.resource).
    void begin_resource(std::string_view element, std::string_view type);
    void end_resource();

    [[gnu::always_inline]] void begin_object(std::string_view element) { open(element, '{'); }
    void end_object();

    /// An element that may repeat: every `begin_item` to `end_item` is one object of it, every `item` one primitive.
    void begin_list(std::string_view element);
    void begin_item();
    void end_item() { end_object(); }
    void item(std::string_view text);
    /// A resource as an item of a list (contained).
    void end_list();

    /// Primitives: string, code, uri, dateTime and the like.
    [[gnu::always_inline]] void property(std::string_view element, std::string_view text)
    {
        end_text(escape(begin_text(element, text.size()), text));
    }
    [[gnu::always_inline]] void property(std::string_view element, std::string_view prefix,
                                         std::string_view text)  ///< both joined
    {
        auto* const to = escape(begin_text(element, prefix.size() + text.size()), prefix);
        end_text(escape(to, text));
    }
    void property(std::string_view element, std::uint32_t number);
    void boolean(std::string_view element, bool yes);
    /// The same, nothing when `text` is empty.
    [[gnu::always_inline]] void optional(std::string_view element, std::string_view text)
    {
        if (!text.empty())
            property(element, text);
    }

    /// A text of ours that has nothing to escape: a code of FHIR, a type.
    [[gnu::always_inline]] void literal(std::string_view element, std::string_view text)
    {
        end_text(copy(begin_text(element, text.size()), text));
    }

    /// Elements as a writer of the same format that is not pretty has left them when it was finished.
    void written(std::string_view elements) { out_.wrote(copy(begin(elements.size()), elements)); }
    /// Ends what is no resource: `out` then holds the elements that were written.
    void finish() { out_.finish(); }

    format written_as() const { return format_; }
    bool pretty() const { return pretty_; }

private:
    // Names are literals, so that what they cost is known where these are compiled: inline. JSON: each value is
    // followed by a comma, which the end of what is around takes back.

    /// Where an element begins, with room for `size` characters and what is written around them.
    [[gnu::always_inline]] char* begin(std::size_t size)
    {
        constexpr std::size_t punctuation = 32;
        auto* const to = out_.room(size + punctuation + 2 * depth_);
        return pretty_ && depth_ != 0 ? line(to) : to;
    }
    /// `"element":` or `<element`.
    [[gnu::always_inline]] char* key(char* to, std::string_view element) const
    {
        if (format_ == format::xml)
            return copy(copy(to, "<"), element);
        to = copy(copy(copy(to, "\""), element), "\":");
        return pretty_ ? copy(to, " ") : to;
    }
    [[gnu::always_inline]] char* begin_text(std::string_view element, std::size_t size)
    {
        auto* const to = key(begin(element.size() + size * longest_escape), element);
        return format_ == format::json ? copy(to, "\"") : copy(to, " value=\"");
    }
    [[gnu::always_inline]] char* escape(char* to, std::string_view text) const
    {
        return format_ == format::json ? escape_json(to, text) : escape_xml(to, text);
    }
    [[gnu::always_inline]] void end_text(char* to)
    {
        out_.wrote(format_ == format::json ? copy(to, "\",") : copy(to, "\"/>"));
    }

    /// Opens what `close` and `close_tag` end; XML has no brackets.
    [[gnu::always_inline]] void open(std::string_view element, char bracket)
    {
        auto* const to = key(begin(element.size()), element);
        *to = format_ == format::json ? bracket : '>';
        out_.wrote(to + 1);
        enter(element);
    }
    [[gnu::always_inline]] void enter(std::string_view element) { names_.at(depth_++) = element; }

    char* line(char* to) const;
    void close(char bracket);
    void close_tag(std::string_view name);
    void unquoted(std::string_view element, std::string_view value);

    text_buffer out_;
    format format_;
    bool pretty_;
    // What is open; XML: a resource's type after its element. Resources of FHIR do not nest without end.
    std::array<std::string_view, 32> names_;
    std::size_t depth_ = 0;
};

}  // namespace pons::mapping::fhir
