#include "mapping/fhir/writer.hpp"

#include <array>
#include <charconv>

namespace pons::mapping::fhir {

namespace {

enum class treat : unsigned char { copy, escape, drop };

constexpr auto make_table(std::string_view escaped)
{
    std::array<treat, 256> table{};
    for (std::size_t c = 0; c < 0x20; ++c)
        table[c] = treat::drop;
    table[0x7F] = treat::drop;
    for (char const c : {'\t', '\n', '\r'})
        table[static_cast<unsigned char>(c)] = treat::escape;
    for (char const c : escaped)
        table[static_cast<unsigned char>(c)] = treat::escape;
    return table;
}

constexpr auto json_table = make_table("\"\\");
constexpr auto xml_table = make_table("\"&<>");

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
        default:
            return "\\\\";
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
        default:
            return "&gt;";
    }
}

void append_escaped(std::string& out, std::string_view text, format as)
{
    auto const& table = as == format::json ? json_table : xml_table;
    std::size_t plain = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const how = table[static_cast<unsigned char>(text[i])];
        if (how == treat::copy)
            continue;
        out.append(text, plain, i - plain);
        if (how == treat::escape)
            out.append(as == format::json ? json_escape(text[i]) : xml_escape(text[i]));
        plain = i + 1;
    }
    out.append(text, plain, text.size() - plain);
}

}  // namespace

writer::writer(std::string& out, format as, bool pretty) : out_(out), format_(as), pretty_(pretty)
{
    names_.reserve(16);
}

void writer::line()
{
    out_ += '\n';
    out_.append(names_.size() * 2, ' ');
}

void writer::separate()
{
    if (format_ == format::json && !first_)
        out_ += ',';
    first_ = false;
    if (pretty_ && !(format_ == format::xml && out_.empty()) && !names_.empty())
        line();
}

void writer::key(std::string_view element)
{
    separate();
    out_ += '"';
    out_ += element;
    out_ += pretty_ ? "\": " : "\":";
}

void writer::open_tag(std::string_view name)
{
    separate();
    out_ += '<';
    out_ += name;
}

void writer::close_tag(std::string_view name)
{
    if (pretty_)
        line();
    out_ += "</";
    out_ += name;
    out_ += '>';
}

void writer::text(std::string_view text)
{
    append_escaped(out_, text, format_);
}

void writer::begin_resource(std::string_view element, std::string_view type)
{
    if (format_ == format::json) {
        if (element.empty()) {
            separate();
            out_ += '{';
        } else {
            key(element);
            out_ += '{';
        }
        names_.push_back(element);
        first_ = true;
        property("resourceType", type);
        return;
    }
    if (!element.empty()) {
        open_tag(element);
        out_ += '>';
        names_.push_back(element);
        open_tag(type);
        out_ += '>';
    } else {
        open_tag(type);
        out_ += R"( xmlns="http://hl7.org/fhir">)";
        names_.push_back(element);
    }
    names_.push_back(type);
}

void writer::end_resource()
{
    if (format_ == format::json) {
        end_object();
        return;
    }
    auto const type = names_.back();
    names_.pop_back();
    auto const element = names_.back();
    if (element.empty()) {
        names_.pop_back();
        close_tag(type);
        return;
    }
    close_tag(type);
    names_.pop_back();
    close_tag(element);
}

void writer::begin_object(std::string_view element)
{
    if (format_ == format::json) {
        key(element);
        out_ += '{';
        first_ = true;
    } else {
        open_tag(element);
        out_ += '>';
    }
    names_.push_back(element);
}

void writer::end_object()
{
    auto const element = names_.back();
    names_.pop_back();
    if (format_ == format::xml) {
        close_tag(element);
        return;
    }
    if (pretty_)
        line();
    out_ += '}';
    first_ = false;
}

void writer::begin_list(std::string_view element)
{
    if (format_ == format::json) {
        key(element);
        out_ += '[';
        first_ = true;
    }
    names_.push_back(element);
}

void writer::end_list()
{
    names_.pop_back();
    if (format_ == format::xml)
        return;
    if (pretty_)
        line();
    out_ += ']';
    first_ = false;
}

void writer::begin_item()
{
    auto const element = names_.back();
    if (format_ == format::json) {
        separate();
        out_ += '{';
        first_ = true;
    } else {
        open_tag(element);
        out_ += '>';
    }
    names_.push_back(element);
}

void writer::end_item()
{
    end_object();
}

void writer::item(std::string_view value)
{
    if (format_ == format::json) {
        separate();
        out_ += '"';
        text(value);
        out_ += '"';
    } else {
        open_tag(names_.back());
        out_ += " value=\"";
        text(value);
        out_ += "\"/>";
    }
}

void writer::property(std::string_view element, std::string_view value)
{
    property(element, {}, value);
}

void writer::property(std::string_view element, std::string_view prefix, std::string_view value)
{
    if (format_ == format::json) {
        key(element);
        out_ += '"';
        text(prefix);
        text(value);
        out_ += '"';
    } else {
        open_tag(element);
        out_ += " value=\"";
        text(prefix);
        text(value);
        out_ += "\"/>";
    }
}

void writer::property(std::string_view element, std::uint32_t number)
{
    std::array<char, 10> digits{};
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    std::string_view const shown(digits.data(), static_cast<std::size_t>(end - digits.data()));
    if (format_ == format::json) {
        key(element);
        out_ += shown;
    } else {
        property(element, shown);
    }
}

void writer::boolean(std::string_view element, bool yes)
{
    std::string_view const shown = yes ? "true" : "false";
    if (format_ == format::json) {
        key(element);
        out_ += shown;
    } else {
        property(element, shown);
    }
}

}  // namespace pons::mapping::fhir
