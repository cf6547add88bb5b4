#pragma once

#include <array>
#include <string>
#include <string_view>

/// UIDs that are made of UUIDs (PS3.5 §B.2): "2.25." and the UUID as a decimal number.
namespace pons::mapping::codecs {

std::string uid_of_uuid(std::array<unsigned char, 16> uuid);

/// The same for the same URL, always: of the name-based UUID of version 5 in the name space of URLs (RFC 9562 §5.5).
std::string uid_of_url(std::string_view url);

}  // namespace pons::mapping::codecs
