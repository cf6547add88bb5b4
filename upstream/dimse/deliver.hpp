#pragma once

#include "config/settings.hpp"
#include "upstream/dimse/delivery.hpp"

#include <memory>

namespace pons::upstream::dimse {

class association_pool;

/// Queues `what` for a worker of `pool`, which is that of `source`, and hands on its instances to `parts` on the
/// executor of the coroutine that waits, until it has ended.
///
/// Errors (`ending::how`) beside those of the delivery and of `parts`: overloaded with retry_after (queue full, or
/// `limits.queue` or the deadline passed in it), timed_out (no instance had begun by `deadline`; later on the delivery
/// has deadlines of its own), cancelled. Cancelling (terminal) returns at once; the worker ends what it does at the
/// archive.
awaitable<delivery::ending> deliver(std::shared_ptr<delivery> what, association_pool& pool,
                                    config::source const& source, part_sink& parts, time_point deadline);

}  // namespace pons::upstream::dimse
