#pragma once

#include "mapping/find_request.hpp"

#include <cstddef>

namespace pons::upstream {

/// Tells questions apart, by level, keys and their values: what was found out about the answer to one holds for no
/// other, even if it brings the same rows. Within one run of the process.
std::size_t hash_of(mapping::find_request const& request);

}  // namespace pons::upstream
