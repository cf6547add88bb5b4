#pragma once

#include "proxy/cli/options.hpp"

namespace pons::proxy::cli::doctor {

/// `pons doctor [source]`: tests each source (or the one named, or with `--all` every one, told side by side) step by
/// step and says in plain words what was found and what to change. Gives ok when every step passed, else the code of
/// the first that did not, the smallest number of several sources; usage for a source that is not configured. The ways
/// to the archives are walked at once, retrieves follow one after another; the former take 60 s at most, a retrieve
/// `timeouts.total`.
///
/// What may not be asked now (`enabled`, `hours`) is not asked here either. With `--all` a source that is switched off
/// by `enabled: false` is told as such and does not count.
int run(options const& o);

}  // namespace pons::proxy::cli::doctor
