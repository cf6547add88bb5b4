#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace pons::config {

/// The parts of an absolute http or https URL, as views into it.
struct url_parts {
    std::string_view scheme;  ///< "http" or "https"
    std::string_view host;    ///< an IPv6 address without brackets
    std::string_view port;    ///< empty: the scheme's own
    std::string_view rest;    ///< path, query and fragment, from the first slash on; may be empty
};

/// Splits a URL (RFC 3986 §3). The error says what is wrong and what would be right, worded to stand after the URL,
/// and repeats nothing of it. User and password in the authority are refused: they belong into `credentials`.
tl::expected<url_parts, std::string> split_url(std::string_view text);

/// A host name (letters, digits, '-', '_' and dots, 1 to 253 characters) or an IP address without brackets.
bool is_host(std::string_view text);

}  // namespace pons::config
