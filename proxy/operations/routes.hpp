#pragma once

#include "proxy/http/router.hpp"
#include "proxy/operations/health.hpp"
#include "proxy/operations/metrics.hpp"

#include <memory>
#include <vector>

namespace pons::proxy::operations {

/// The rows of one worker for "/", /livez, /readyz and /metrics. `shared` and `counts` outlive them.
std::vector<http::route> make_routes(std::shared_ptr<health> readiness, metrics const& shared,
                                     http::counters const& counts);

}  // namespace pons::proxy::operations
