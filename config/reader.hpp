#pragma once

#include "config/draft.hpp"

namespace YAML {
class Node;
}

namespace pons::config {

/// Reads the one document of a file into `to`, strictly and by the table of keys.hpp: unknown keys, keys set twice,
/// wrong types and values out of range are told, and reading goes on behind them. References to secrets are replaced.
/// What concerns several keys is left to checks.hpp. Aliases are followed, merge keys (`<<`) and tags are refused.
void read(YAML::Node const& root, draft& to);

}  // namespace pons::config
