#pragma once

#include <atomic>
#include <cstdint>

namespace pons::upstream {

/// What a crosswalk counts. One object shared by all workers; each number is right by itself.
struct crosswalk_counts {
    std::atomic<std::uint64_t> lookups{0};    ///< patients asked for, by whatever was kept or by asking
    std::atomic<std::uint64_t> kept{0};       ///< of them answered from what was kept
    std::atomic<std::uint64_t> shared{0};     ///< of them that waited for a lookup of another request
    std::atomic<std::uint64_t> unknown{0};    ///< of them not known
    std::atomic<std::uint64_t> ambiguous{0};  ///< of them refused since they lead to several patients
    std::atomic<std::uint64_t> failures{0};   ///< of them that nobody could tell
};

}  // namespace pons::upstream
