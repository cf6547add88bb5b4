#pragma once

#include "mapping/dictionary.hpp"

namespace pons::render {

/// Loads the data dictionary, a file: to be called before the sandbox is entered. False when there is none.
bool load_dictionary();

/// The value representation of an attribute as PS3.6 has it, for data sets that do not tell (PS3.5 §7.1.3). "UN" when
/// unknown, and for private attributes. US or SS: by Pixel Representation. OB or OW: OW, as implicit VR has it
/// (PS3.5 §A.1); LUT data is OW too.
mapping::vr vr_by_dictionary(mapping::tag t, bool pixels_are_signed);

}  // namespace pons::render
