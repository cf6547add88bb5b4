#pragma once

#include "upstream/archive.hpp"
#include "upstream/committing.hpp"
#include "upstream/guard/gate.hpp"
#include "upstream/worklist.hpp"

#include <memory>

namespace pons::upstream {

/// An archive around an archive that protects it (DESIGN law 5): nothing is asked while `gate` is closed, and no query
/// that narrows less than `limits.require_any_of` wants. What runs when the source is switched off is cancelled, and
/// fails with errc::closed; what was written to a sink by then has been written.
///
/// Errors beyond those of `inner`: errc::closed, with retry_after within its hours, and mapping::errc::too_costly: then
/// nothing was asked, unless the source was switched off meanwhile.
/// Deadlines and cancelling as `inner`.
std::unique_ptr<archive> make_guarded(std::shared_ptr<archive> inner, std::shared_ptr<gate> gate);

/// The same for what else a source does: nothing is asked while `gate` is closed.
std::shared_ptr<worklist> make_guarded(std::shared_ptr<worklist> inner, std::shared_ptr<gate> gate);
std::shared_ptr<committing> make_guarded(std::shared_ptr<committing> inner, std::shared_ptr<gate> gate);

}  // namespace pons::upstream
