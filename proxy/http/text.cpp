#include "proxy/http/text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace pons::proxy::http {

namespace {

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// How many bytes the well-formed UTF-8 sequence at the front takes (Unicode table 3-7); 0 when there is none.
std::size_t utf8_sequence(std::string_view text)
{
    auto const byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    auto const lead = byte(0);
    if (lead < 0x80)
        return 1;
    std::size_t const length = lead >= 0xC2 && lead <= 0xDF   ? 2
                               : (lead & 0xF0) == 0xE0        ? 3
                               : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                              : 0;
    if (length == 0 || text.size() < length)
        return 0;
    std::uint8_t const low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    std::uint8_t const high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (byte(1) < low || byte(1) > high)
        return 0;
    for (std::size_t i = 2; i < length; ++i)
        if ((byte(i) & 0xC0) != 0x80)
            return 0;
    return length;
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b)
{
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string to_lower(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

std::string_view trim(std::string_view text)
{
    auto const first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_token(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
}

std::string_view take_member(std::string_view& rest, char separator)
{
    bool quoted = false;
    std::size_t end = 0;
    for (; end < rest.size(); ++end) {
        if (quoted && rest[end] == '\\')
            ++end;
        else if (rest[end] == '"')
            quoted = !quoted;
        else if (rest[end] == separator && !quoted)
            break;
    }
    end = std::min(end, rest.size());
    auto const member = trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return member;
}

std::string unquoted(std::string_view text)
{
    if (text.size() < 2 || text.front() != '"' || text.back() != '"')
        return std::string(text);
    std::string out;
    for (auto inside = text.substr(1, text.size() - 2); !inside.empty(); inside.remove_prefix(1)) {
        if (inside.front() == '\\' && inside.size() > 1)
            inside.remove_prefix(1);
        out += inside.front();
    }
    return out;
}

std::optional<std::string> percent_decoded(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (i + 2 >= text.size())
            return std::nullopt;
        int const high = hex_digit(text[i + 1]);
        int const low = hex_digit(text[i + 2]);
        if (high < 0 || low < 0)
            return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    for (std::string_view rest = out; !rest.empty();) {
        auto const length = utf8_sequence(rest);
        if (length == 0 || static_cast<std::uint8_t>(rest.front()) < 0x20 || rest.front() == 0x7F)
            return std::nullopt;
        rest.remove_prefix(length);
    }
    return out;
}

void append_json(std::string& out, std::string_view text)
{
    out += '"';
    auto const plain = [](char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; };
    while (!text.empty()) {
        auto const run = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), plain) - text.begin());
        out += text.substr(0, run);
        text.remove_prefix(run);
        if (text.empty())
            break;
        auto const length = utf8_sequence(text);
        auto const c = static_cast<std::uint8_t>(text.front());
        if (length == 0) {
            out += "\xEF\xBF\xBD";
        } else if (c == '"' || c == '\\') {
            out += '\\';
            out += text.front();
        } else if (c < 0x20 || c == 0x7F) {
            static constexpr char digits[] = "0123456789abcdef";
            out += "\\u00";
            out += digits[c >> 4];
            out += digits[c & 15];
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    out += '"';
}

}  // namespace pons::proxy::http
