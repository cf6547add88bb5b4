#pragma once

#include "mapping/data_set.hpp"

#include <cstdint>

namespace pons::upstream {

/// How much memory a data set takes, about, and rather too much: for caches that are bounded in bytes.
std::uint64_t memory_of(mapping::data_set const& one);

}  // namespace pons::upstream
