#pragma once

#include "mapping/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace pons::upstream::dicomweb {

/// Where a DICOMweb service is: the parts of its base URL.
struct origin {
    bool tls = false;
    std::string host;  ///< a name or an address, IPv6 without brackets
    std::uint16_t port = 0;
    std::string authority;  ///< as it stands in Host (RFC 9112 §3.2)
    std::string base_path;  ///< begins with '/', no trailing slash; empty for the root

    friend bool operator==(origin const&, origin const&) = default;
};

/// Takes `http://host[:port][/path]` or https apart. No user, query or fragment: those have settings of their own.
/// Errors: errc::unsupported, `where` says what is wrong with it.
result<origin> parse_origin(std::string_view url);

}  // namespace pons::upstream::dicomweb
