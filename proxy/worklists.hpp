#pragma once

#include "config/settings.hpp"
#include "mapping/result.hpp"
#include "upstream/asio.hpp"
#include "upstream/worklist.hpp"

#include <functional>
#include <string>
#include <vector>

/// From the configuration to the worklists that are no source's.
namespace pons::proxy {

/// One of them, of one worker.
struct order_worklist : upstream::named_worklist {
    /// Whether it can be asked now, for readiness. Owns what it uses.
    std::function<awaitable<result<void>>(time_point deadline)> verify;
};

/// Makes those of one worker, on its thread; what they may ask of a server at once is shared by the workers.
using make_order_worklists = std::function<std::vector<order_worklist>()>;

/// Makes the shared part once. `settings` outlives it.
make_order_worklists prepare_worklists(config::settings const& settings);

}  // namespace pons::proxy
