#pragma once

#include "mapping/codecs/short_text.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace pons::mapping::codecs {

/// IS (PS3.5 §6.2) as a FHIR unsignedInt, at most 2147483647. Tolerant: padding, `+4`, `004`, and a decimal fraction of
/// zeros (`4.0`), as archives send. Nothing for negative, larger or other text.
std::optional<std::uint32_t> to_unsigned(std::string_view is);

/// The reverse.
short_text<10> to_is(std::uint32_t value);

}  // namespace pons::mapping::codecs
