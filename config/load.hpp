#pragma once

#include "config/diagnostic.hpp"
#include "config/settings.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pons::config {

struct result_of_load {
    std::optional<config::settings> settings;    ///< nothing when there is an error among the diagnostics
    std::vector<diagnostic> diagnostics;         ///< by line; warnings among them
    std::map<std::string, std::uint32_t> given;  ///< the keys that the file sets, "sources.main-pacs.port": their lines
    std::set<std::string> hidden;                ///< those with a value from the environment or a file: not to be shown
};

/// Reads and checks a whole file (DESIGN section 7). Every fault is told, up to 200; a text that is not YAML is told
/// at the first place where it is not. Files of more than 1 MiB are refused. Blocks for the time that reading takes:
/// the file, those it names for secrets and TLS, and the time zone database.
result_of_load load(std::filesystem::path const& file);

/// The same for a text. `name` stands for the file in the diagnostics; relative paths in the text start at `base`.
result_of_load load_text(std::string_view yaml, std::string name, std::filesystem::path const& base = ".");

}  // namespace pons::config
