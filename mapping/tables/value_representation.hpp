#pragma once

#include "mapping/dictionary.hpp"

namespace pons::mapping::tables {

/// The VR of any standard attribute (PS3.6 §6 and §7), retired ones and repeating groups included: what implicit VR
/// leaves out (PS3.5 §7.1.3). "UN" for private ones, and for others that the table does not know. Attributes that are
/// OB or OW are "OW", those that are US or OW too; those that are US or SS, by Pixel Representation (0028,0103), are
/// `us_or_ss`.
vr value_representation(tag t);

inline constexpr vr us_or_ss = vr_of('x', 's');

}  // namespace pons::mapping::tables
