#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Answers of an archive that does not exist. Same count, same bytes.
namespace pons::bench {

/// Of every study: all of them are one patient's.
inline constexpr std::string_view made_patient_id = "P-7331-04";

/// A QIDO-RS answer at STUDY level (PS3.18 §10.6.3.3.1): an array of `count` data sets of about 1 kB, each with the 20
/// attributes that archives return, most of them with one value.
std::string made_qido_answer(std::size_t count);

/// The same studies as the identifiers of C-FIND responses: Explicit VR Little Endian, UTF-8.
std::vector<std::vector<std::byte>> made_find_identifiers(std::size_t count);

}  // namespace pons::bench
