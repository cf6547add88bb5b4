#include "mapping/fhir/writer.hpp"

#include <charconv>

namespace pons::mapping::fhir {

char* writer::line(char* to) const
{
    *to++ = '\n';
    for (std::size_t i = 0; i < 2 * depth_; ++i)
        *to++ = ' ';
    return to;
}

/// JSON: the end of an object or a list.
void writer::close(char bracket)
{
    --depth_;
    auto* to = out_.room(32 + 2 * depth_);
    if (to[-1] == ',')
        --to;
    if (pretty_)
        to = line(to);
    to[0] = bracket;
    to[1] = ',';
    out_.wrote(to + 2);
}

void writer::close_tag(std::string_view name)
{
    --depth_;
    auto* to = out_.room(name.size() + 32 + 2 * depth_);
    if (pretty_)
        to = line(to);
    out_.wrote(copy(copy(copy(to, "</"), name), ">"));
}

void writer::begin_resource(std::string_view element, std::string_view type)
{
    if (format_ == format::json) {
        if (element.empty())
            begin_item();
        else
            open(element, '{');
        property("resourceType", type);
    } else if (element.empty()) {
        constexpr std::string_view of_fhir = R"( xmlns="http://hl7.org/fhir">)";
        out_.wrote(copy(key(begin(type.size() + of_fhir.size()), type), of_fhir));
        enter(element);
        enter(type);
    } else {
        open(element, {});
        open(type, {});
    }
}

void writer::end_resource()
{
    if (format_ == format::json) {
        close('}');
        if (depth_ == 0)
            out_.wrote(out_.room(0) - 1);
    } else if (auto const element = names_[depth_ - 2]; element.empty()) {
        --depth_;
        close_tag(names_[depth_]);
    } else {
        close_tag(names_[depth_ - 1]);
        close_tag(element);
    }
    if (depth_ == 0)
        out_.finish();
}

void writer::end_object()
{
    if (format_ == format::json)
        close('}');
    else
        close_tag(names_[depth_ - 1]);
}

void writer::begin_list(std::string_view element)
{
    if (format_ == format::json)
        open(element, '[');
    else
        enter(element);
}

void writer::end_list()
{
    if (format_ == format::json)
        close(']');
    else
        --depth_;
}

void writer::begin_item()
{
    if (format_ == format::xml)
        return open(names_[depth_ - 1], {});
    out_.wrote(copy(begin(0), "{"));
    enter({});
}

void writer::item(std::string_view value)
{
    if (format_ == format::xml)
        return property(names_[depth_ - 1], value);
    end_text(escape(copy(begin(value.size() * longest_escape), "\""), value));
}

/// A number or a boolean.
void writer::unquoted(std::string_view element, std::string_view value)
{
    if (format_ == format::xml)
        return property(element, value);
    out_.wrote(copy(copy(key(begin(element.size() + value.size()), element), value), ","));
}

void writer::property(std::string_view element, std::uint32_t number)
{
    std::array<char, 10> digits{};
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    unquoted(element, {digits.data(), static_cast<std::size_t>(end - digits.data())});
}

void writer::boolean(std::string_view element, bool yes)
{
    unquoted(element, yes ? "true" : "false");
}

}  // namespace pons::mapping::fhir
