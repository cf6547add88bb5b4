#pragma once

#include <cstdint>
#include <span>
#include <string_view>

/// Body Part Examined (0018,0015) to SNOMED CT (PS3.16 Annex L), and Laterality (0020,0060).
namespace pons::mapping::tables {

struct body_part {
    std::string_view term;  ///< defined term, at most 16 upper-case characters
    std::string_view code;  ///< SNOMED CT
    bool paired;            ///< laterality means something
};

/// All rows, ascending by term.
std::span<body_part const> body_parts();

/// By the value of Body Part Examined. Case and padding do not count; where that is not enough, neither do spaces, `_`,
/// `-` and a side at the end ("KNEE LT"). Null when there is no such term.
body_part const* find_body_part(std::string_view value);

/// The terms of a SNOMED CT code, codes of older editions included; none when no term has it.
std::span<body_part const* const> body_parts_of(std::string_view code);

struct laterality {
    char value;  ///< of Laterality (0020,0060)
    std::string_view code;
    std::string_view display;
};

/// R, L and B in the R4 example value set bodysite-laterality, all SNOMED CT.
std::span<laterality const> lateralities();
/// Null for U (unpaired) and everything that is not R, L or B.
laterality const* find_laterality(std::string_view value);
laterality const* find_laterality_by_code(std::string_view code);

}  // namespace pons::mapping::tables
