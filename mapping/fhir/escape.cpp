#include "mapping/fhir/escape.hpp"

#include "mapping/short_copy.hpp"

namespace pons::mapping::fhir {

namespace {

/// Whether all characters are written as they are: no control character, none of `Special`, nothing that may begin a
/// non-character.
template <unsigned char... Special>
bool plain(characters c)
{
    using halves = std::uint64_t __attribute__((vector_size(16)));
    auto const odd = (halves)(((c < 0x20) | (c == 0x7F) | (c == 0xEF)) | ... | (c == Special));
    return (odd[0] | odd[1]) == 0;
}

bool is_dropped(char c)
{
    bool const white = c == '\t' || c == '\n' || c == '\r';
    return (static_cast<unsigned char>(c) < 0x20 && !white) || c == 0x7F;
}

/// U+FFFE and U+FFFF in UTF-8, which XML 1.0 §2.2 leaves out of its characters.
bool is_non_character(std::string_view text)
{
    return text.starts_with("\xEF\xBF\xBE") || text.starts_with("\xEF\xBF\xBF");
}

constexpr std::string_view json_escape(char c)
{
    switch (c) {
        case '\t':
            return "\\t";
        case '\n':
            return "\\n";
        case '\r':
            return "\\r";
        case '"':
            return "\\\"";
        case '\\':
            return "\\\\";
        default:
            return {};
    }
}

constexpr std::string_view xml_escape(char c)
{
    switch (c) {
        // An attribute's white space would be read as spaces (XML 1.0 §3.3.3).
        case '\t':
            return "&#x9;";
        case '\n':
            return "&#xA;";
        case '\r':
            return "&#xD;";
        case '"':
            return "&quot;";
        case '&':
            return "&amp;";
        case '<':
            return "&lt;";
        case '>':
            return "&gt;";
        default:
            return {};
    }
}

/// Character by character: for the few texts that need it.
template <class Escape>
char* write_each(char* to, std::string_view text, Escape&& escape)
{
    for (std::size_t i = 0; i < text.size(); ++i) {
        char const c = text[i];
        if (is_dropped(c))
            continue;
        if (c == '\xEF' && is_non_character(text.substr(i))) {
            i += 2;
            continue;
        }
        if (auto const escaped = escape(c); !escaped.empty())
            to = copy(to, escaped);
        else
            *to++ = c;
    }
    return to;
}

}  // namespace

char* escape_json(char* to, std::string_view text)
{
    auto* const end = copy_while(to, text, plain<'"', '\\'>);
    return end ? end : write_each(to, text, json_escape);
}

char* escape_xml(char* to, std::string_view text)
{
    auto* const end = copy_while(to, text, plain<'"', '&', '<', '>'>);
    return end ? end : write_each(to, text, xml_escape);
}

}  // namespace pons::mapping::fhir
