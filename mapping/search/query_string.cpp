#include "mapping/search/query_string.hpp"

#include <algorithm>
#include <cctype>

namespace pons::mapping::search {

namespace {

int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

std::string decode(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            out += ' ';
        } else if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                   hex_digit(text[i + 2]) >= 0) {
            out += static_cast<char>(hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2]));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

}  // namespace

std::vector<parameter> split_query(std::string_view query)
{
    std::vector<parameter> parameters;
    while (!query.empty()) {
        auto const end = std::min(query.find('&'), query.size());
        auto const part = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        auto const equals = std::min(part.find('='), part.size());
        if (equals == 0)
            continue;
        parameters.emplace_back(decode(part.substr(0, equals)),
                                equals < part.size() ? decode(part.substr(equals + 1)) : std::string());
    }
    return parameters;
}

std::string encode_query_value(std::string_view value)
{
    constexpr std::string_view readable = "-._~,:/";
    constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    out.reserve(value.size());
    for (char const c : value) {
        auto const byte = static_cast<unsigned char>(c);
        if ((byte < 0x80 && std::isalnum(byte)) || readable.find(c) != std::string_view::npos) {
            out += c;
        } else {
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 0xF];
        }
    }
    return out;
}

std::vector<std::string_view> split_escaped(std::string_view value, char separator)
{
    std::vector<std::string_view> parts;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] == '\\') {
            ++i;
        } else if (value[i] == separator) {
            parts.push_back(value.substr(begin, i - begin));
            begin = i + 1;
        }
    }
    parts.push_back(value.substr(begin));
    return parts;
}

std::string escape(std::string_view value)
{
    std::string escaped;
    for (char const c : value) {
        if (std::string_view(",|$\\").find(c) != std::string_view::npos)
            escaped += '\\';
        escaped += c;
    }
    return escaped;
}

bool unescape(std::string_view value, std::string& out)
{
    out.clear();
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] != '\\') {
            out += value[i];
            continue;
        }
        if (++i == value.size() || std::string_view(",|$\\").find(value[i]) == std::string_view::npos)
            return false;
        out += value[i];
    }
    return true;
}

}  // namespace pons::mapping::search
