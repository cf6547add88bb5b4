#pragma once

#include "proxy/dimse/operation.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace pons::proxy::dimse {

/// Of one service.
struct operation_counters {
    std::atomic<std::uint64_t> all{0};
    std::atomic<std::uint64_t> failed{0};     ///< ended with a failure status, or without a final response
    std::atomic<std::uint64_t> cancelled{0};  ///< by the peer
};

struct counted_service {
    dimse::service service;
    operation_counters counts;
};

using counted_services = std::vector<std::unique_ptr<counted_service>>;

}  // namespace pons::proxy::dimse
