#pragma once

#include "config/keys.hpp"
#include "config/settings.hpp"

#include <functional>
#include <string>
#include <vector>

namespace pons::config {

/// One value of a file. It may be secret: `of` says so.
struct written_value {
    key const& of;
    std::vector<std::string> path;  ///< {"sources", "main-pacs", "port"}
    std::string value;              ///< as `print`
    std::string preset;             ///< of the source that it belongs to; empty: of none
};

/// Tells every value that holds, in the order of the table, without empty values and without keys that do not belong to
/// the kind of their source.
void walk(settings const& all, std::function<void(written_value)> const& tell);

/// The path as diagnostics write it: "sources.main-pacs.port".
std::string joined(std::vector<std::string> const& path);

}  // namespace pons::config
