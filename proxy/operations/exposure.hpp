#pragma once

#include "config/settings.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pons::proxy::operations {

/// Why this listener may not be opened, in words for the administrator, or nothing when it may: it is reached from
/// this machine only, or `insecure` says in so many words that anybody may ask. `section` is the one in the file,
/// "http" or "dicom". Every address that the host stands for counts. Waits for the resolver: for start and check.
std::optional<std::string> refuse_exposure(config::address const& listen, bool insecure, std::string_view section);

/// The same of all listeners of a file.
std::optional<std::string> refuse_exposure(config::settings const& all);

}  // namespace pons::proxy::operations
