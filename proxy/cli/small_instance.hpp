#pragma once

#include "upstream/archive.hpp"

#include <chrono>
#include <optional>

namespace pons::proxy::cli::doctor {

/// Looks for an instance of a study of the last day, else of the last month, else of any, that is likely to be small:
/// of the series whose modality makes the smallest ones, the one with the fewest pixels. Nothing when there is no
/// study. Each question may take `time`.
///
/// Errors: those of `archive::find`; malformed when the archive tells no series or instances of the study. Cancelling
/// as `find`. `archive` outlives it.
awaitable<result<std::optional<upstream::retrieve_request>>> find_small_instance(upstream::archive& archive,
                                                                                 std::chrono::milliseconds time);

}  // namespace pons::proxy::cli::doctor
