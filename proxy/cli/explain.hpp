#pragma once

#include "proxy/cli/options.hpp"

namespace pons::proxy::cli::explain {

/// `pons explain 'ImagingStudy?…'`: what the archives would be asked, without asking them. Gives ok, also for a search
/// that would be refused for its cost; failed when the request cannot be understood.
int run(options const& o);

}  // namespace pons::proxy::cli::explain
