#pragma once

#include "proxy/cli/verb.hpp"

#include <iosfwd>
#include <span>
#include <string>

namespace pons::proxy::cli {

/// Reads the command line, runs the verb that it names, and gives the exit code (exit_code.hpp). `argv[0]` is the name
/// of the program. Faults of the command line and exceptions of the verb are told on `err`.
int run(std::span<verb const> verbs, int argc, char const* const* argv, std::ostream& out, std::ostream& err);

/// What `pons --help` prints, or `pons <verb> --help`; a screen of 80 columns and 24 lines holds it.
std::string help(std::span<verb const> verbs);
std::string help(verb const& v);

}  // namespace pons::proxy::cli
