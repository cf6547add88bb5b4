#pragma once

#include "mapping/dictionary.hpp"

#include <optional>
#include <string_view>

/// One value against one wanted value, by the rules of its VR (PS3.4 §C.2.2.2). Pure.
namespace pons::mapping::matching {

/// A VR whose values are compared by what they are worth, not by how they are written.
bool is_number(vr as);

/// Nothing when `text` is no number.
std::optional<double> read_number(std::string_view text);

/// Whether `stored`, a value of VR `as`, is as `wanted` says: a value, wild cards, or a range of times. Names are
/// compared without case and accents, each group of components by itself unless `wanted` has "="; other texts with
/// case, composed and decomposed letters being the same.
bool value_meets(std::string_view stored, std::string_view wanted, vr as);

}  // namespace pons::mapping::matching
