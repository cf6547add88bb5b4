#pragma once

#include "config/settings.hpp"
#include "upstream/archive.hpp"
#include "upstream/coalesce/flights.hpp"

#include <memory>

namespace pons::upstream {

/// An archive around an archive whose equal queries share one (DESIGN law 5): who asks what is being asked already
/// gets a copy of that answer. Retrieves and stores go through: bodies are never shared.
///
/// The shared query has the time that `timeouts.total` and `limits.queue` of the source give, whoever waits; each
/// caller waits until its own deadline. One who leaves leaves the others waiting; the last one cancels the query.
/// Errors and cancelling otherwise as `inner`, which lives until its last query has ended.
std::unique_ptr<archive> make_coalescing(std::shared_ptr<archive> inner, std::shared_ptr<flights> shared,
                                         config::source const& source);

}  // namespace pons::upstream
