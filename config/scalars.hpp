#pragma once

#include "config/settings.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

/// How single values are written in the file, both ways. YAML's own rules for plain words ("yes", "0x10", "1e3") are
/// not used: they differ between readers.
namespace pons::config {

/// A value, or what is wrong and what would be right, worded to stand after the value: "is not a number; …". The text
/// that was read is never part of it.
template <class T>
using parsed = tl::expected<T, std::string>;

inline tl::unexpected<std::string> wrong(std::string what)
{
    return tl::unexpected<std::string>(std::move(what));
}

/// true or false, in small letters.
parsed<bool> parse_bool(std::string_view text);

/// Decimal digits only.
parsed<std::uint64_t> parse_number(std::string_view text);

/// A whole number and ms, s, m or h: "250ms", "5s"; "0" needs no unit.
parsed<milliseconds> parse_duration(std::string_view text);

/// A whole number and B, KiB, MiB or GiB, in bytes: "64KiB"; "0" needs no unit.
parsed<std::uint64_t> parse_size(std::string_view text);

/// "127.0.0.1:8080", "localhost:8080" or "[::1]:8080" (host then without brackets). Port 0 lets the system choose.
parsed<address> parse_address(std::string_view text);

/// In the largest unit that is exact: 90000 ms is "90s", 60000 ms "1m".
std::string print_duration(milliseconds value);

/// In the largest unit that is exact: 65536 is "64KiB".
std::string print_size(std::uint64_t bytes);

std::string print_address(address const& value);

/// As a YAML scalar on one line, quoted where a plain word would be read otherwise.
std::string print_text(std::string_view text);

/// `text` in quotes for a message: control characters replaced, long texts cut.
std::string in_quotes(std::string_view text);

/// An IPv4 address, or an IPv6 address without brackets.
bool is_ip_address(std::string_view host);

/// Whether packets to `host` stay on this machine: localhost, 127.0.0.0/8 or ::1. Names are not resolved.
bool is_loopback(std::string_view host);

}  // namespace pons::config
