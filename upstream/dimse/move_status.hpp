#pragma once

#include "mapping/result.hpp"

#include "config/settings.hpp"

#include <cstdint>

namespace pons::upstream::dimse {

/// The failure for a final status of C-MOVE that is neither Success nor B000 (PS3.4 C.4.2.1.5): what it says, and what
/// to look at, in words for the administrator.
failure move_failure(config::source const& source, std::uint16_t status);

}  // namespace pons::upstream::dimse
