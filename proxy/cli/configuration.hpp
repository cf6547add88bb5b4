#pragma once

#include "config/load.hpp"
#include "proxy/cli/options.hpp"

#include <filesystem>
#include <iosfwd>
#include <span>

namespace pons::proxy::cli {

/// The file that the command line names, or the first of the usual places that exists; empty: there is none.
std::filesystem::path find_configuration(options const& o);

/// Loads the file that the command line names, or the first of the usual places that exists; that there is none is
/// told as an error in the file that was looked for. Blocks as config::load.
config::result_of_load load_configuration(options const& o);

/// One line for each, as config::to_string.
void tell(std::span<config::diagnostic const> diagnostics, std::ostream& err);

}  // namespace pons::proxy::cli
