#pragma once

#include "config/settings.hpp"
#include "mapping/storage_commitment.hpp"
#include "upstream/dimse/wire/command_set.hpp"
#include "upstream/dimse/wire/waiting.hpp"

#include <string>

namespace pons::proxy::dimse {

/// N-EVENT-REPORT-RQ of a storage commitment (PS3.4 §J.3.3): event type 1 where all is kept, else 2. Without Message
/// ID.
upstream::dimse::command_set make_event(mapping::storage_commitment const& what);

/// Tells `peer` on an association that Pons opens to it as `our_ae` (`open_to_peer`), as SCP by role selection. Blocks
/// the calling thread, as `how_long` says. Errors: those of an association; association_rejected (it is no SCU of
/// storage commitment), refused (it answered with a failure); worded by `about_peer`.
result<void> report_to(config::peer const& peer, std::string const& our_ae, mapping::storage_commitment const& what,
                       upstream::dimse::patience const& how_long);

}  // namespace pons::proxy::dimse
