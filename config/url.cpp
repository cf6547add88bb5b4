#include "config/url.hpp"

#include "config/scalars.hpp"

#include <algorithm>

namespace pons::config {

tl::expected<url_parts, std::string> split_url(std::string_view text)
{
    url_parts parts;
    auto const mark = text.find("://");
    parts.scheme = text.substr(0, mark);
    if (mark == std::string_view::npos || (parts.scheme != "http" && parts.scheme != "https"))
        return wrong("is not an absolute URL; begin with http:// or https://");
    // Quotes, spaces and characters beyond ASCII are percent-encoded in a URL.
    if (!std::all_of(text.begin(), text.end(),
                     [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '<' && c != '>'; }))
        return wrong("holds a character that no URL may hold; percent-encode it");
    text.remove_prefix(mark + 3);
    auto const slash = std::min(text.find_first_of("/?#"), text.size());
    auto authority = text.substr(0, slash);
    parts.rest = text.substr(slash);
    if (authority.find('@') != std::string_view::npos)
        return wrong("holds a user or password; leave them out and use credentials");
    bool const bracketed = authority.starts_with('[');
    auto const colon = authority.find(':', bracketed ? std::min(authority.find(']'), authority.size()) : 0);
    parts.host = authority.substr(0, colon);
    if (colon != std::string_view::npos) {
        parts.port = authority.substr(colon + 1);
        auto const number = parse_number(parts.port);
        if (!number || *number == 0 || *number > 65535)
            return wrong("has a port that is not a number from 1 to 65535; write host:port");
    }
    if (bracketed && parts.host.size() > 2 && parts.host.ends_with(']'))
        parts.host = parts.host.substr(1, parts.host.size() - 2);
    else if (bracketed || parts.host.find(':') != std::string_view::npos)
        return wrong("has no proper host; write an IPv6 address in brackets");
    if (!is_host(parts.host) || (bracketed && !is_ip_address(parts.host)))
        return wrong("has no proper host; write a host name or an IP address after ://");
    return parts;
}

bool is_host(std::string_view text)
{
    if (is_ip_address(text))
        return true;
    auto const fits = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' ||
               c == '.';
    };
    return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), fits) && text.front() != '.' &&
           text.front() != '-' && text.find("..") == std::string_view::npos;
}

}  // namespace pons::config
