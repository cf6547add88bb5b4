#pragma once

#include <cstdint>
#include <span>
#include <string_view>

/// Modality (0008,0060): PS3.16 CID 29 (acquisition) and CID 32 (non-acquisition); CID 33 is both.
namespace pons::mapping::tables {

struct modality {
    std::string_view code;  ///< in the system DCM
    std::string_view display;
    bool acquisition;  ///< in CID 29
};

/// All rows, ascending by code.
std::span<modality const> modalities();
/// Null for a code that is in neither list; it may be a newer one.
modality const* find_modality(std::string_view code);
/// Whether a series of this modality makes R4 ImagingStudy.modality. A code that is not known counts as acquisition:
/// the lists grow, and leaving one out would hide it.
bool is_acquisition(std::string_view code);

}  // namespace pons::mapping::tables
