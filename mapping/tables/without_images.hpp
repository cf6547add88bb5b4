#pragma once

#include <string_view>

/// What no picture can be made of: documents, states, plans, measurements and waveforms (PS3.3 Annex A: the IODs
/// without an Image Pixel Module).
namespace pons::mapping::tables {

/// Whether no instance of a series of this Modality (0008,0060) has pixel data. False for one that is not known.
bool is_modality_without_images(std::string_view code);

/// Whether no instance of this SOP class has pixel data. False for one that is not known.
bool is_class_without_images(std::string_view uid);

}  // namespace pons::mapping::tables
