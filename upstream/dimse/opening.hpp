#pragma once

#include "upstream/dimse/wire/association.hpp"

#include "config/settings.hpp"

namespace pons::upstream::dimse {

/// `open_association`, again and again as long as the archive rejects us for now, within `how_long` and
/// `timeouts.association`. Blocks the calling thread.
///
/// Errors: unreachable, association_rejected (with retry_after when it was for now), timed_out, cancelled
/// (interrupted), aborted, malformed.
tl::expected<association, refusal> try_patiently(config::source const& source, association_request const& what,
                                                 patience const& how_long);

/// The same; the place names the source.
result<association> open_patiently(config::source const& source, association_request const& what,
                                   patience const& how_long);

/// The same for an association that is of no use without the first context of `what`. When that is not accepted a fresh
/// association is tried once, as some archives accept contexts at random, or none on every other association (Orthanc
/// NEWS). What the fresh one has accepted holds: the caller looks whether its context is there.
result<association> open_for_the_first(config::source const& source, association_request const& what,
                                       patience const& how_long);

/// It has had as many operations as the source allows (`limits.operations`) and is to be released.
bool is_used_up(association const& line, config::source const& source);

}  // namespace pons::upstream::dimse
