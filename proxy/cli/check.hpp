#pragma once

#include "proxy/cli/options.hpp"

namespace pons::proxy::cli::check {

/// `pons check`: reads the configuration as `serve` would and tells all that is wrong with it, on `err`, and on `out`
/// in a line what came of it. With `json` an array of diagnostics on `out` instead; with `explain` also the settings
/// that hold, with `keys` only the keys that exist. Gives exit_code::ok or exit_code::configuration.
int run(options const& o);

}  // namespace pons::proxy::cli::check
