#pragma once

#include <cstdint>

namespace pons::bench {

/// Allocations by `new` since the start of the program, on all threads.
std::uint64_t allocations();

}  // namespace pons::bench
