#pragma once

#include "config/settings.hpp"
#include "upstream/asio.hpp"
#include "upstream/diagnosis.hpp"
#include "upstream/dimse/wire/waiting.hpp"

#include <vector>

namespace pons::upstream::dimse {

/// The steps of `diagnose`, on a thread that may block. `stop` ends it at once, from any thread; what was told until
/// then is worth nothing.
std::vector<stage> examine(config::source const& source, config::address const& listen, time_point deadline,
                           interruption& stop);

}  // namespace pons::upstream::dimse
