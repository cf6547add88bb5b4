#pragma once

#include "proxy/cli/options.hpp"

namespace pons::proxy::cli::probe {

/// `pons probe <source>`: learns how a source departs from the standard, by at most 60 queries about one study, and
/// prints its `quirks` with the evidence for each line, ready to paste. Gives ok when nothing of it differs from the
/// configuration, differs when something does, failed when the archive could not be asked or the study is not there,
/// usage for a source that is not configured or a study that is not named well.
///
/// A query takes 15 s at most, and one that is not answered twice in a row ends the run.
int run(options const& o);

}  // namespace pons::proxy::cli::probe
