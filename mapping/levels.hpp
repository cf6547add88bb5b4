#pragma once

#include "mapping/dictionary.hpp"

/// Where the attributes of the dictionary stand in the Study Root model (PS3.4 C.6.2).
namespace pons::mapping {

/// Whether an archive can be asked for `attribute` at `at`: an attribute of that level, or one that stands at every
/// level. Group lengths never.
bool belongs_at(tag attribute, level at);

/// The highest level at which `attribute` can be asked for; patients' attributes are the study's.
level level_of(tag attribute);

}  // namespace pons::mapping
