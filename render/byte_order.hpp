#pragma once

#include "mapping/dictionary.hpp"

#include <cstddef>
#include <span>

namespace pons::render {

/// Bytes that turn together between big and little endian (PS3.5 §7.3); 1: none do.
std::size_t unit_of(mapping::vr as);

/// Turns each whole unit; what is left over stays.
void swap_units(std::span<std::byte> bytes, std::size_t unit);

}  // namespace pons::render
