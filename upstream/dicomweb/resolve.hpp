#pragma once

#include "mapping/result.hpp"
#include "upstream/asio.hpp"
#include "upstream/dicomweb/origin.hpp"

#include <vector>

namespace pons::upstream::dicomweb {

/// The addresses of a host. Gives up waiting at `deadline`, although the system's resolver itself cannot be stopped.
/// Errors: errc::unreachable, timed_out, cancelled.
awaitable<result<std::vector<tcp::endpoint>>> resolve(origin const& to, time_point deadline);

}  // namespace pons::upstream::dicomweb
