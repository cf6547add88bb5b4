#pragma once

#include "config/load.hpp"

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
    std::string value;              ///< YAML on one line; "********" for what is not shown
    std::string origin;             ///< "file", "default", "preset orthanc" or "derived"
    std::uint32_t line = 0;         ///< of the file, where that is the origin
};

/// What holds after defaults and presets, in the order of the table, without empty values and without keys that do not
/// belong to the kind of their source; nothing when `loaded` holds no settings. Nothing secret is shown, and nothing
/// that came from the environment or a file.
std::vector<effective_key> effective(result_of_load const& loaded);

/// The same as YAML, with a remark behind each value that the file does not give, and behind each quirk.
std::string as_yaml(std::vector<effective_key> const& keys);

}  // namespace pons::config
