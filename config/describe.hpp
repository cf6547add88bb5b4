#pragma once

#include "config/settings.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pons::config {

/// Every key and every preset as Markdown tables: what `docs/configuration.md` holds between its markers and
/// `pons check --keys` prints.
std::string keys_as_markdown();

/// One key of a loaded file.
struct effective_key {
    std::vector<std::string> path;  ///< {"sources", "main-pacs", "port"}
    std::string value;              ///< YAML on one line; "********" for a secret
    std::string_view origin;        ///< "file", "default", "preset" or "derived"
};

/// What holds after defaults and presets, in the order of the table, without empty values and without keys that do not
/// belong to the kind of their source. `given` as in result_of_load. No secret is in it.
std::vector<effective_key> effective(settings const& all, std::set<std::string> const& given);

/// The same as YAML, with a remark behind each value that the file does not give.
std::string as_yaml(std::vector<effective_key> const& keys);

}  // namespace pons::config
