#pragma once

#include "mapping/result.hpp"

#include "config/settings.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>

namespace pons::upstream::dimse {

/// The failure for a final status of C-MOVE that is neither Success nor B000 (PS3.4 C.4.2.1.5): what it says, and what
/// to look at, in words for the administrator. Of `comment` (Error Comment (0000,0902)) nothing is repeated, as
/// archives quote patients in it; but some say there what their status does not: that they know no such destination.
/// `reached`: it did connect to us, so that this is not the matter. With retry_after where that may cure itself: not
/// when it does not know us, nor when it reached us and could send nothing.
failure move_failure(config::source const& source, std::uint16_t status, std::string_view comment = {},
                     bool reached = false);

/// After how long a retrieve that ended so is worth repeating: out of resources and unable to process cure themselves
/// in some archives (PS3.4 C.4.2.1.5, C.4.3.1.4; fo-dicom#648). 0: it would end so again.
std::chrono::seconds worth_repeating_after(std::uint16_t status);

}  // namespace pons::upstream::dimse
