#include "mapping/dicom_json_writer.hpp"

#include "mapping/fhir/escape.hpp"

#include <algorithm>
#include <array>

namespace pons::mapping {

namespace {

constexpr std::size_t most_digits = 15;  // that every reader of JSON keeps

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

std::size_t count_digits(std::string_view text)
{
    return static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
}

/// RFC 8259 §6, without exponent.
bool is_json_number(std::string_view text)
{
    if (text.starts_with('-'))
        text.remove_prefix(1);
    auto const whole = count_digits(text);
    if (whole == 0 || (whole > 1 && text.front() == '0'))
        return false;
    if (whole == text.size())
        return whole <= most_digits;
    if (text[whole] != '.')
        return false;
    auto const fraction = text.substr(whole + 1);
    return !fraction.empty() && count_digits(fraction) == fraction.size() && whole + fraction.size() <= most_digits;
}

bool is_numeric(vr as)
{
    constexpr std::array numbers{"DS"_vr, "FD"_vr, "FL"_vr, "IS"_vr, "SL"_vr,
                                 "SS"_vr, "SV"_vr, "UL"_vr, "US"_vr, "UV"_vr};
    return std::ranges::find(numbers, as) != numbers.end();
}

void append_text(std::string& out, std::string_view text)
{
    out += '"';
    auto const before = out.size();
    out.resize(before + text.size() * fhir::longest_escape);
    auto const* const end = fhir::escape_json(out.data() + before, text);
    out.resize(static_cast<std::size_t>(end - out.data()));
    out += '"';
}

/// PS3.18 §F.2.2: the component groups by name.
void append_name(std::string& out, std::string_view name)
{
    out += '{';
    for (auto const* const group : {"Alphabetic", "Ideographic", "Phonetic"}) {
        auto const end = std::min(name.find('='), name.size());
        if (end != 0) {
            out.append(out.back() == '{' ? "\"" : ",\"").append(group).append("\":");
            append_text(out, name.substr(0, end));
        }
        name.remove_prefix(std::min(end + 1, name.size()));
    }
    out += '}';
}

void append_value(std::string& out, vr as, std::string_view value)
{
    if (value.empty() || (as == "PN"_vr && value.find_first_not_of('=') == value.npos))
        out += "null";
    else if (as == "PN"_vr)
        append_name(out, value);
    else if (is_numeric(as) && is_json_number(value))
        out += value;
    else if (value == "nan" && is_numeric(as))
        out += "\"NaN\"";
    else
        append_text(out, value);
}

}  // namespace

bool is_inline(std::string_view place)
{
    return place.starts_with(inline_binary);
}

bool is_bulk(vr as)
{
    constexpr std::array bulk{"OB"_vr, "OD"_vr, "OF"_vr, "OL"_vr, "OV"_vr, "OW"_vr, "UN"_vr};
    return std::ranges::find(bulk, as) != bulk.end();
}

bulk_value to_bulk_value(data_set const& row, tag t, bulk_style style, std::string_view way)
{
    constexpr tag pixel_data{0x7FE00010};
    bulk_value value;
    auto const place = row.text(t);
    if (is_inline(place)) {
        value.inline_data = place.substr(inline_binary.size());
        return value;
    }
    bool const of_frames = t == pixel_data && way.empty();
    value.leave_out = style.left_out || (!style.below.empty() && of_frames);
    if (value.leave_out || place.empty())
        return value;
    if (style.below.empty())
        value.uri = place;
    else
        value.uri.append(style.below).append(way).append(to_hex(t));
    return value;
}

namespace {

void append_object(std::string& out, data_set const& row, bulk_style style, std::string const& way)
{
    out += '{';
    row.for_each([&](tag t, vr as, bool is_sequence) {
        bool const bulk = !is_sequence && is_bulk(as);
        bulk_value const value = bulk ? to_bulk_value(row, t, style, way) : bulk_value();
        if (value.leave_out)
            return;
        auto const letters = is_sequence ? "SQ"_vr : as;
        out.append(out.back() == '{' ? "\"" : ",\"").append(to_hex(t)).append("\":{\"vr\":\"");
        out += static_cast<char>(static_cast<std::uint16_t>(letters) >> 8);
        out += static_cast<char>(static_cast<std::uint16_t>(letters) & 0xFF);
        out += '"';
        auto const count = is_sequence ? row.items(t).size() : row.count(t);
        if (bulk && count != 0) {
            out += value.uri.empty() ? ",\"InlineBinary\":" : ",\"BulkDataURI\":";
            append_value(out, "UR"_vr, value.uri.empty() ? value.inline_data : value.uri);
        } else if (count != 0) {
            out += ",\"Value\":[";
            for (std::size_t i = 0; i < count; ++i) {
                if (i != 0)
                    out += ',';
                if (!is_sequence)
                    append_value(out, as, row.text(t, i));
                else
                    append_object(out, row.items(t)[i], style, way + to_hex(t) + "." + std::to_string(i + 1) + ".");
            }
            out += ']';
        }
        out += '}';
    });
    out += '}';
}

}  // namespace

void append_dicom_json(std::string& out, data_set const& row, bulk_style style)
{
    append_object(out, row, style, {});
}

}  // namespace pons::mapping
