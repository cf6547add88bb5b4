#pragma once

#include "config/settings.hpp"

#include <span>
#include <string>
#include <string_view>

namespace pons::config {

/// What is known about a product, as quirks; made only of what somebody has seen (docs/configuration.md prints it).
struct preset {
    std::string_view name;
    std::string_view about;     ///< which product, and what is different about it
    std::string_view evidence;  ///< who says so
    void (*set)(quirks&);       ///< changes what departs from the defaults
};

std::span<preset const> presets();

/// In the order of the table.
std::span<std::string_view const> preset_names();

/// Sets `to` to the defaults as the preset changes them; false when there is none of that name, `to` is then left.
bool apply_preset(std::string_view name, quirks& to);

}  // namespace pons::config
