#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pons::mapping {

/// What base64 stands for (RFC 4648 §4), with its padding and without line ends, as in InlineBinary (PS3.18 §F.2.7).
/// Nothing when `text` is none.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace pons::mapping
