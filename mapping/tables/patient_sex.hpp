#pragma once

#include <array>
#include <string_view>

/// Patient's Sex (0010,0040, PS3.3 §C.2.3) ↔ FHIR administrative-gender.
namespace pons::mapping::tables {

struct patient_sex {
    std::string_view value;
    std::string_view gender;
};

inline constexpr std::array<patient_sex, 3> patient_sexes{{{"M", "male"}, {"F", "female"}, {"O", "other"}}};

/// Empty for an empty or unknown value: `unknown` is said only where it was stated.
constexpr std::string_view to_gender(std::string_view value)
{
    for (auto const& row : patient_sexes)
        if (row.value == value)
            return row.gender;
    return {};
}

/// Empty for `unknown` and for what is no gender code.
constexpr std::string_view to_patient_sex(std::string_view gender)
{
    for (auto const& row : patient_sexes)
        if (row.gender == gender)
            return row.value;
    return {};
}

}  // namespace pons::mapping::tables
