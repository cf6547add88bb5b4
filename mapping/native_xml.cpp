#include "mapping/native_xml.hpp"

#include "mapping/dicom_json_writer.hpp"
#include "mapping/fhir/escape.hpp"

#include <algorithm>

namespace pons::mapping {

namespace {

void append_text(std::string& out, std::string_view text)
{
    auto const before = out.size();
    out.resize(before + text.size() * fhir::longest_escape);
    auto const* const end = fhir::escape_xml(out.data() + before, text);
    out.resize(static_cast<std::size_t>(end - out.data()));
}

std::string_view take(std::string_view& rest, char separator)
{
    auto const part = rest.substr(0, rest.find(separator));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    return part;
}

void append_element(std::string& out, std::string_view name, std::string_view text)
{
    out.append("<").append(name).append(">");
    append_text(out, text);
    out.append("</").append(name).append(">");
}

void append_begin(std::string& out, std::string_view name, std::size_t number)
{
    out.append("<").append(name).append(" number=\"").append(std::to_string(number)).append("\">");
}

void append_name(std::string& out, std::string_view name, std::size_t number)
{
    append_begin(out, "PersonName", number);
    for (auto const* const group : {"Alphabetic", "Ideographic", "Phonetic"}) {
        auto components = take(name, '=');
        if (components.empty())
            continue;
        out.append("<").append(group).append(">");
        for (auto const* const part : {"FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix"})
            if (auto const text = take(components, '^'); !text.empty())
                append_element(out, part, text);
        out.append("</").append(group).append(">");
    }
    out += "</PersonName>";
}

void append_attributes(std::string& out, data_set const& row, bulk_style style, std::string const& way)
{
    row.for_each([&](tag t, vr as, bool is_sequence) {
        bool const bulk = !is_sequence && is_bulk(as);
        bulk_value const bulk_at = bulk ? to_bulk_value(row, t, style, way) : bulk_value();
        if (bulk_at.leave_out)
            return;
        auto const letters = static_cast<std::uint16_t>(is_sequence ? "SQ"_vr : as);
        out.append("<DicomAttribute tag=\"").append(to_hex(t)).append("\" vr=\"");
        out += static_cast<char>(letters >> 8);
        out += static_cast<char>(letters & 0xFF);
        out += '"';
        if (auto const* const known = find_attribute(t))
            out.append(" keyword=\"").append(known->keyword).append("\"");
        out += '>';
        for (std::size_t i = 0; is_sequence && i < row.items(t).size(); ++i) {
            append_begin(out, "Item", i + 1);
            append_attributes(out, row.items(t)[i], style, way + to_hex(t) + "." + std::to_string(i + 1) + ".");
            out += "</Item>";
        }
        if (bulk && row.count(t) != 0) {
            bool const at_hand = bulk_at.uri.empty();
            out += at_hand ? "<InlineBinary>" : "<BulkData uri=\"";
            append_text(out, at_hand ? bulk_at.inline_data : bulk_at.uri);
            out += at_hand ? "</InlineBinary>" : "\"/>";
        }
        for (std::size_t i = 0; !bulk && i < row.count(t); ++i) {
            auto const value = row.text(t, i);
            if (value.empty())
                continue;
            if (as == "PN"_vr) {
                append_name(out, value, i + 1);
                continue;
            }
            append_begin(out, "Value", i + 1);
            append_text(out, value);
            out += "</Value>";
        }
        out += "</DicomAttribute>";
    });
}

}  // namespace

void append_native_xml(std::string& out, data_set const& row, bulk_style style)
{
    out +=
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<NativeDicomModel xmlns=\"http://dicom.nema.org/PS3.19/models/NativeDICOM\" xml:space=\"preserve\">";
    append_attributes(out, row, style, {});
    out += "</NativeDicomModel>";
}

}  // namespace pons::mapping
