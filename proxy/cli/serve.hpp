#pragma once

#include "proxy/cli/options.hpp"

namespace pons::proxy::cli::serve {

/// `pons serve`: checks the configuration, serves until SIGTERM or SIGINT, finishes what runs. SIGHUP reads
/// the configuration again (`reading_again`).
/// Gives ok after a stop, configuration when the file is faulty, not_started when a listener cannot be had.
int run(options const& o);

}  // namespace pons::proxy::cli::serve
