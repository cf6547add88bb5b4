#pragma once

#include "render/image.hpp"

#include <cstdint>
#include <string>

class DcmItem;

namespace pons::render {

/// Puts what describes the pixels into a data set of DCMTK (PS3.3 §C.7.6.3), for one frame of them. Nothing of a
/// stranger's bytes is parsed for it.
void to_dcmtk(image const& of, std::uint32_t rows, std::uint32_t columns, std::uint32_t planar,
              std::string const& photometric, DcmItem& set);

/// The same for what says how they look: palettes, lookup tables, window. `frame` counts from 1.
void look_to_dcmtk(image const& of, std::uint32_t frame, DcmItem& set);

}  // namespace pons::render
