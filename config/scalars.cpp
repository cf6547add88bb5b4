#include "config/scalars.hpp"

#include <arpa/inet.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>

namespace pons::config {

namespace {

struct unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::array<unit, 4> durations{{{"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::array<unit, 4> sizes{{{"GiB", 1ULL << 30}, {"MiB", 1ULL << 20}, {"KiB", 1ULL << 10}, {"B", 1}}};

constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();

parsed<std::uint64_t> parse_quantity(std::string_view text, std::span<unit const> units, std::string_view right)
{
    auto const digits = std::min(text.find_first_not_of("0123456789"), text.size());
    auto const number = parse_number(text.substr(0, digits));
    auto const suffix = text.substr(digits);
    if (number && *number == 0 && suffix.empty())
        return 0;
    if (digits == 0)
        return wrong("does not begin with a whole number; " + std::string(right));
    if (suffix.empty())
        return wrong("has no unit; " + std::string(right));
    auto const found = std::find_if(units.begin(), units.end(), [&](unit const& u) { return u.name == suffix; });
    if (found == units.end())
        return wrong("has a unit that is not known; " + std::string(right));
    if (!number || *number > most / found->factor)
        return wrong("is too large; " + std::string(right));
    return *number * found->factor;
}

std::string print_quantity(std::uint64_t value, std::span<unit const> units)
{
    if (value == 0)
        return "0";
    for (auto const& u : units)
        if (value % u.factor == 0)
            return std::to_string(value / u.factor) + std::string(u.name);
    return std::to_string(value);
}

// What YAML, in one version or another, would not read as the same text.
bool plain(std::string_view text)
{
    constexpr std::string_view words[] = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"};
    constexpr std::string_view safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./+-";
    if (text.empty() || std::find(std::begin(words), std::end(words), text) != std::end(words))
        return false;
    return std::string_view("-.").find(text.front()) == std::string_view::npos &&
           text.find_first_not_of(safe) == std::string_view::npos;
}

}  // namespace

parsed<bool> parse_bool(std::string_view text)
{
    if (text == "true" || text == "false")
        return text == "true";
    return wrong("is neither true nor false; write one of the two, in small letters");
}

parsed<std::uint64_t> parse_number(std::string_view text)
{
    std::uint64_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range || (error == std::errc{} && value > most))
        return wrong("is too large");
    if (error != std::errc{} || end != text.data() + text.size())
        return wrong("is not a whole number; write digits only");
    return value;
}

parsed<milliseconds> parse_duration(std::string_view text)
{
    return parse_quantity(text, durations, "write a whole number and ms, s, m or h, such as 250ms or 5s")
        .map([](std::uint64_t ms) { return milliseconds(ms); });
}

parsed<std::uint64_t> parse_size(std::string_view text)
{
    return parse_quantity(text, sizes, "write a whole number and B, KiB, MiB or GiB, such as 64KiB");
}

parsed<address> parse_address(std::string_view text)
{
    static std::string const right = "; write host:port, such as 127.0.0.1:8080 or [::1]:8080";
    auto const colon = text.rfind(':');
    bool const bracketed = text.starts_with('[');
    if (colon == std::string_view::npos || (bracketed && text.ends_with(']')))
        return wrong("has no port" + right);
    auto host = text.substr(0, colon);
    auto const port = parse_number(text.substr(colon + 1));
    if (!port || *port > 65535)
        return wrong("has a port that is not a number from 0 to 65535" + right);
    if (bracketed && host.size() > 2 && host.ends_with(']'))
        host = host.substr(1, host.size() - 2);
    else if (bracketed || host.find(':') != std::string_view::npos)
        return wrong("is not clear about which colon begins the port: an IPv6 address goes in brackets" + right);
    if (host.empty())
        return wrong("has no host" + right);
    if (host != "localhost" && !is_ip_address(host))
        return wrong("has a host that is neither an IP address nor localhost" + right);
    return address{std::string(host), static_cast<std::uint16_t>(*port)};
}

std::string print_duration(milliseconds value)
{
    return print_quantity(static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 0)), durations);
}

std::string print_size(std::uint64_t bytes)
{
    return print_quantity(bytes, sizes);
}

std::string print_address(address const& value)
{
    bool const v6 = value.host.find(':') != std::string::npos;
    return (v6 ? '[' + value.host + ']' : value.host) + ':' + std::to_string(value.port);
}

std::string print_text(std::string_view text)
{
    if (plain(text))
        return std::string(text);
    constexpr std::string_view hex = "0123456789abcdef";
    std::string out = "\"";
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            out += {'\\', c};
        else if (byte < 0x20 || byte == 0x7f)
            out += {'\\', 'x', hex[byte >> 4], hex[byte & 15]};
        else
            out += c;
    }
    return out + '"';
}

std::string in_quotes(std::string_view text)
{
    constexpr std::size_t longest = 60;
    bool const cut = text.size() > longest;
    if (cut) {
        auto end = longest;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)  // not within a UTF-8 character
            --end;
        text = text.substr(0, end);
    }
    std::string out = "'";
    for (char const c : text)
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return out + (cut ? "…'" : "'");
}

bool is_ip_address(std::string_view host)
{
    std::string const text(host);
    in6_addr address{};
    return inet_pton(AF_INET, text.c_str(), &address) == 1 || inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

bool is_loopback(std::string_view host)
{
    return host == "localhost" || host == "::1" || (host.starts_with("127.") && is_ip_address(host));
}

}  // namespace pons::config
