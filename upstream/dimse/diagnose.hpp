#pragma once

#include "config/settings.hpp"
#include "upstream/asio.hpp"
#include "upstream/diagnosis.hpp"

#include <vector>

namespace pons::upstream::dimse {

/// Walks the way to a DIMSE archive step by step: name, TCP, TLS where the source has it, association (and what of it
/// was accepted), C-ECHO, C-FIND for at most one study of today. Ends after the first step without which the next makes
/// no sense; every step taken is told. `listen` is our `dicom.listen`, for what the archive has to know about us.
///
/// It uses an association of its own, beyond `limits.associations`. `deadline` bounds the whole, the timeouts of the
/// source each step. Cancelling (terminal): ends at once, without stages.
awaitable<std::vector<stage>> diagnose(config::source source, config::address listen, time_point deadline);

}  // namespace pons::upstream::dimse
