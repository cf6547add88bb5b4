#pragma once

#include "mapping/data_set.hpp"
#include "mapping/matching.hpp"

#include <span>

namespace pons::proxy::dicomweb {

/// Whether the levels of an entity, its own first, meet all keys; a date and its time, as ranges, are one unless they
/// are to be kept `apart` (PS3.4 C.4.1.1.3.1).
mapping::matched judge(std::span<mapping::match_key const> keys, std::span<mapping::data_set const* const> levels,
                       bool apart);

}  // namespace pons::proxy::dicomweb
