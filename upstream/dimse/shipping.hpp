#pragma once

#include "config/settings.hpp"
#include "upstream/archive.hpp"
#include "upstream/dimse/association_pool.hpp"

namespace pons::upstream::dimse {

/// Stores `instances` by C-STORE over associations of `pool`, which is that of `source`: a worker of the pool is given
/// what it wants as it wants it. Errors, waiting and cancelling as `archive::store`; all must outlive it.
awaitable<result<stored>> ship(instance_source& instances, association_pool& pool, config::source const& source,
                               time_point deadline);

}  // namespace pons::upstream::dimse
