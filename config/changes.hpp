#pragma once

#include "config/settings.hpp"

#include <string>
#include <vector>

namespace pons::config {

/// What a file says otherwise when it is read again.
struct changes {
    /// Sources with other values of keys that may change while they are used: `enabled`, `hours` (with `timezone`,
    /// where there are any) and `breaker`. As they are now.
    std::vector<source> while_used;
    /// All other keys, as in diagnostics, "sources.main-pacs.port", each once; never a value. A name that came or went
    /// stands for all below it ("sources.main-pacs"), "sources" for another order of the same. `timezone` is always
    /// among these, since times of studies are read by it as well.
    std::vector<std::string> at_a_restart;
};

changes changes_between(settings const& was, settings const& now);

}  // namespace pons::config
