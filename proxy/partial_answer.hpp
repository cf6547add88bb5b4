#pragma once

#include "config/settings.hpp"
#include "mapping/result.hpp"

#include <span>
#include <string>

namespace pons::proxy {

/// How one of several sources answered a search.
struct source_answer {
    failure const* error = nullptr;  ///< null: it answered
    bool matched = false;
    std::string place;  ///< "source main-pacs"
};

/// Whether what did not fail is an answer (DESIGN section 6). The failure itself when nobody answered, and when it is
/// about the request rather than a source; mapping::errc::incomplete when nothing matched elsewhere, since an empty
/// list would read as "no prior", and always where `federation.partial` is refuse. Well: the caller tells who is
/// missing.
result<void> weigh_failures(std::span<source_answer const> answers, config::partial_federation partial);

}  // namespace pons::proxy
