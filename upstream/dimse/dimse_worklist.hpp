#pragma once

#include "config/settings.hpp"
#include "upstream/worklist.hpp"

#include <memory>

namespace pons::upstream::dimse {

class association_pool;

/// A Modality Worklist SCP (PS3.4 Annex K): it is asked with the identifier as the peer sent it, in the peer's
/// character set. Where that finds nothing, and a key has characters beyond ASCII, which the worklist may keep in
/// another set, or a wild card in what is no name, or a list of UIDs, which it need not know (Table K.6-1), it is asked
/// once more without such keys; if it refuses that, the answer is incomplete; as is one of `quirks.max_results` items.
/// One for each worker; `pool` belongs to the same `source`. Errors as `find` of make_dimse_archive.
std::shared_ptr<worklist> make_worklist(config::source const& source, std::shared_ptr<association_pool> pool);

}  // namespace pons::upstream::dimse
