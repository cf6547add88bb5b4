#pragma once

#include "mapping/result.hpp"

#include "config/settings.hpp"

#include <cstdint>
#include <string_view>

namespace pons::upstream::dimse {

/// The failure for a final status of C-MOVE that is neither Success nor B000 (PS3.4 C.4.2.1.5): what it says, and what
/// to look at, in words for the administrator. Of `comment` (Error Comment (0000,0902)) nothing is repeated, as
/// archives quote patients in it; but some say there what their status does not: that they know no such destination.
/// `reached`: it did connect to us, so that this is not the matter.
failure move_failure(config::source const& source, std::uint16_t status, std::string_view comment = {},
                     bool reached = false);

}  // namespace pons::upstream::dimse
