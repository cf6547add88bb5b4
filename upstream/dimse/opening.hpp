#pragma once

#include "upstream/dimse/wire/association.hpp"

#include "config/settings.hpp"

namespace pons::upstream::dimse {

/// `open_association`, again and again as long as the archive rejects us for now, within `how_long` and
/// `timeouts.association`. Blocks the calling thread.
///
/// Errors: unreachable, association_rejected (with retry_after when it was for now), timed_out, cancelled
/// (interrupted), aborted, malformed; the place names the source.
result<association> open_patiently(config::source const& source, association_request const& what,
                                   patience const& how_long);

}  // namespace pons::upstream::dimse
