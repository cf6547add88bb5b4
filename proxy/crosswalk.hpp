#pragma once

#include "config/settings.hpp"
#include "mapping/result.hpp"
#include "upstream/crosswalk/counts.hpp"
#include "upstream/crosswalk/crosswalk.hpp"

#include <functional>
#include <memory>

/// From the configuration to the patient crosswalk.
namespace pons::proxy {

/// Makes the crosswalk of one worker, on its thread; what is kept and what is being asked is shared by the workers.
/// Null when there is none.
using make_crosswalk = std::function<std::shared_ptr<upstream::crosswalk>()>;

/// Makes the shared part once; for kind file it reads the table, which is not read again. `settings` outlives the
/// function and what it makes. Errors: crosswalk_errc::unsupported for a table that is not as `pons check` wants it.
result<make_crosswalk> prepare_crosswalk(config::settings const& settings,
                                         std::shared_ptr<upstream::crosswalk_counts> counts);

}  // namespace pons::proxy
