#pragma once

#include "config/diagnostic.hpp"
#include "config/settings.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pons::config {

struct position {
    std::uint32_t line = 0;  ///< from 1; 0: the file as a whole
    std::uint32_t column = 0;
};

/// A file while it is read and checked: what it says so far, where each key stands, and what is wrong.
struct draft {
    std::string file{};            ///< as it was named
    std::filesystem::path base{};  ///< relative paths in the file start here
    settings all{};
    std::map<std::string, position, std::less<>> set{};  ///< the keys that the file sets: sections by their name, the
                                                         ///< others by their value
    std::set<std::string> hidden{};                      ///< those whose value came from the environment or a file
    std::vector<diagnostic> diagnostics{};

    bool has(std::string_view key) const { return set.find(key) != set.end(); }

    /// At the key, or the section that lacks it, or the file as a whole.
    void error(std::string_view key, std::string message);
    void warning(std::string_view key, std::string message);

    void add(severity level, position at, std::string_view key, std::string message);

    /// So much is wrong that more would not help. `add` then adds nothing.
    bool full() const;
};

}  // namespace pons::config
