#include "render/protocol.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace pons::render {

namespace {

constexpr std::string_view version = "pons-render 1";

template <class Enum>
struct named {
    Enum value;
    std::string_view name;
};

constexpr named<job_kind> kinds[] = {
    {job_kind::frames, "frames"}, {job_kind::render, "render"}, {job_kind::transcode, "transcode"}};
constexpr named<image_format> formats[] = {
    {image_format::jpeg, "jpeg"}, {image_format::png, "png"}, {image_format::gif, "gif"}};
constexpr named<window::shape> shapes[] = {{window::shape::linear, "linear"},
                                           {window::shape::linear_exact, "linear-exact"},
                                           {window::shape::sigmoid, "sigmoid"}};

template <class Enum, std::size_t N>
std::string_view name_of(named<Enum> const (&table)[N], Enum value)
{
    return std::ranges::find(table, value, &named<Enum>::value)->name;
}

template <class Enum, std::size_t N>
bool read(std::string_view text, named<Enum> const (&table)[N], Enum& value)
{
    auto const row = std::ranges::find(table, text, &named<Enum>::name);
    if (row == std::end(table))
        return false;
    value = row->value;
    return true;
}

template <class Number>
bool read(std::string_view text, Number& value)
{
    auto const end = text.data() + text.size();
    auto const got = std::from_chars(text.data(), end, value);
    return got.ec == std::errc() && got.ptr == end;
}

bool read(std::string_view text, bool& value)
{
    value = text == "yes";
    return value || text == "no";
}

/// Cuts off what comes before `separator`; all of it when there is none.
std::string_view take(std::string_view& text, char separator)
{
    auto const end = text.find(separator);
    auto const first = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    return first;
}

template <class... Numbers>
bool read_list(std::string_view text, Numbers&... values)
{
    return (read(take(text, ' '), values) && ...) && text.empty();
}

template <class Number>
void add_number(std::string& to, Number value)
{
    char digits[32];
    auto const end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
    to.append(digits, end);
}

void add(std::string& to, std::string_view key, std::string_view value)
{
    to.append(key).append(" ").append(value).append("\n");
}

template <class... Numbers>
void add_numbers(std::string& to, std::string_view key, Numbers... values)
{
    to += key;
    ((to += ' ', add_number(to, values)), ...);
    to += '\n';
}

/// One line to values that must not hold a line's end: what comes from an instance is cut there.
std::string_view one_line(std::string_view text)
{
    return text.substr(0, text.find_first_of(std::string_view("\n\0", 2)));
}

bool read_line(job& to, std::string_view key, std::string_view value)
{
    if (key == "job")
        return read(value, kinds, to.kind);
    if (key == "frame") {
        if (to.frames.size() == max_frames_listed)
            return false;
        auto const before = to.frames.empty() ? 0 : to.frames.back();
        return read(value, to.frames.emplace_back()) && to.frames.back() > before;
    }
    if (key == "stored") {
        to.stored_syntaxes.emplace_back(value);
        return !value.empty();
    }
    if (key == "native")
        return read(value, to.native);
    if (key == "implicit")
        return read(value, to.implicit_vr);
    if (key == "exact")
        return read(value, to.exact);
    if (key == "format")
        return read(value, formats, to.format);
    if (key == "quality")
        return read(value, to.quality) && to.quality >= 1 && to.quality <= 100;
    if (key == "viewport") {
        auto& v = to.viewport.emplace();
        return read_list(value, v.width, v.height, v.left, v.top, v.source_width, v.source_height) && v.width > 0 &&
               v.height > 0;
    }
    if (key == "window") {
        auto& w = to.window.emplace();
        auto const shape = take(value, ' ');
        return read(shape, shapes, w.function) && read_list(value, w.center, w.width) && std::isfinite(w.center) &&
               std::isfinite(w.width) && w.width > 0;
    }
    return false;
}

bool read_line(part_info& to, std::string_view key, std::string_view value)
{
    if (key == "type")
        to.content_type = value;
    else if (key == "syntax")
        to.transfer_syntax_uid = value;
    else if (key == "class")
        to.sop_class_uid = value;
    else if (key == "instance")
        to.sop_instance_uid = value;
    else if (key == "frame")
        return read(value, to.frame);
    else if (key == "offset")
        return read(value, to.data_set_offset);
    else
        return false;
    return true;
}

template <class To>
result<To> read_lines(std::string_view text)
{
    To to;
    while (!text.empty()) {
        auto line = take(text, '\n');
        auto const key = take(line, ' ');
        if (!read_line(to, key, line))
            return fail(errc::bad_request, std::string(key));
    }
    return to;
}

}  // namespace

std::array<std::byte, header_size> to_bytes(message_header header)
{
    std::array<std::byte, header_size> bytes{};
    bytes[0] = static_cast<std::byte>(header.kind);
    for (std::size_t i = 0; i < 4; ++i)
        bytes[4 + i] = static_cast<std::byte>(header.length >> (8 * i));
    return bytes;
}

std::optional<message_header> to_header(std::span<std::byte const, header_size> bytes)
{
    message_header header{static_cast<message>(bytes[0]), 0};
    for (std::size_t i = 0; i < 4; ++i)
        header.length |= std::to_integer<std::uint32_t>(bytes[4 + i]) << (8 * i);
    if (bytes[1] != std::byte{} || bytes[2] != std::byte{} || bytes[3] != std::byte{})
        return {};
    switch (header.kind) {
        case message::request:
        case message::part:
        case message::failed:
            return header.length <= max_text ? std::optional(header) : std::nullopt;
        case message::data:
            return header.length <= max_chunk ? std::optional(header) : std::nullopt;
        case message::end:
        case message::done:
            return header.length == 0 ? std::optional(header) : std::nullopt;
    }
    return {};
}

std::string to_text(job const& asked)
{
    std::string text(version);
    text += '\n';
    add(text, "job", name_of(kinds, asked.kind));
    for (auto const frame : asked.frames)
        add_numbers(text, "frame", frame);
    for (auto const& uid : asked.stored_syntaxes)
        add(text, "stored", one_line(uid));
    add(text, "native", asked.native ? "yes" : "no");
    add(text, "exact", asked.exact ? "yes" : "no");
    add(text, "implicit", asked.implicit_vr ? "yes" : "no");
    add(text, "format", name_of(formats, asked.format));
    add_numbers(text, "quality", asked.quality);
    if (auto const& v = asked.viewport)
        add_numbers(text, "viewport", v->width, v->height, v->left, v->top, v->source_width, v->source_height);
    if (auto const& w = asked.window) {
        text.append("window ").append(name_of(shapes, w->function));
        add_numbers(text, "", w->center, w->width);
    }
    return text;
}

result<job> to_job(std::string_view text)
{
    if (take(text, '\n') != version)
        return fail(errc::bad_request, "version");
    return read_lines<job>(text);
}

std::string to_text(part_info const& part)
{
    std::string text;
    add(text, "type", one_line(part.content_type));
    add(text, "syntax", one_line(part.transfer_syntax_uid));
    add(text, "class", one_line(part.sop_class_uid));
    add(text, "instance", one_line(part.sop_instance_uid));
    add_numbers(text, "frame", part.frame);
    add_numbers(text, "offset", part.data_set_offset);
    return text;
}

result<part_info> to_part(std::string_view text)
{
    return read_lines<part_info>(text);
}

std::string to_text(failure const& why)
{
    auto const code = why.code.category() == error_category() ? why.code.value() : static_cast<int>(errc::crashed);
    std::string text;
    add_number(text, code);
    return text.append(" ").append(one_line(why.where)).append("\n");
}

failure to_failure(std::string_view text)
{
    int code = 0;
    auto const good = read(take(text, ' '), code) && code >= static_cast<int>(errc::unsupported_syntax) &&
                      code <= static_cast<int>(errc::unavailable);
    auto const why = good ? static_cast<errc>(code) : errc::bad_request;
    return {make_error_code(why), std::string(one_line(text)), {}};
}

}  // namespace pons::render
