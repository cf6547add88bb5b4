#include "mapping/tables/patient_sex.hpp"

#include <doctest/doctest.h>

using namespace pons::mapping::tables;

TEST_CASE("every sex goes to a gender and back")
{
    for (auto const& row : patient_sexes) {
        CHECK(to_gender(row.value) == row.gender);
        CHECK(to_patient_sex(row.gender) == row.value);
    }
    CHECK(to_gender("M") == "male");
    CHECK(to_gender("F") == "female");
    CHECK(to_gender("O") == "other");
}

TEST_CASE("what is not stated stays out")
{
    for (std::string_view value : {"", "U", "m", "male", "MF"}) {
        CAPTURE(value);
        CHECK(to_gender(value).empty());
    }
    for (std::string_view gender : {"", "unknown", "Male", "M"}) {
        CAPTURE(gender);
        CHECK(to_patient_sex(gender).empty());
    }
}
