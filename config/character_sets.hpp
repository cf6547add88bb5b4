#pragma once

#include <string>
#include <string_view>

/// Names of character sets in the file. What is wrong with one is worded as `form::fault` says; empty: it fits.
namespace pons::config {

/// Values of Specific Character Set (0008,0005), several with a backslash (PS3.3 C.12.1.1.2).
std::string character_set_fault(std::string_view text);

/// The same, or one of those outside DICOM that archives without Specific Character Set have been seen to use.
std::string any_character_set_fault(std::string_view text);

/// The sets that a label names, a fitting one: "ISO_IR 100", "ISO 2022 IR 100" and "\ISO 2022 IR 100" name the same, as
/// where text is read.
std::string sets_named(std::string_view label);

}  // namespace pons::config
