#pragma once

#include "proxy/cli/options.hpp"

namespace pons::proxy::cli::doctor {

/// `pons doctor [source]`: tests each source (or the one named) stage by stage and says in plain words what was found
/// and what to change. Gives ok when every stage passed, failed when one did not, usage for a source that is not
/// configured. A source takes 60 s at most.
int run(options const& o);

}  // namespace pons::proxy::cli::doctor
