#include "mapping/tables/modality.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace pons::mapping::tables;

TEST_CASE("every modality is found by its code")
{
    CHECK(std::ranges::count(modalities(), true, &modality::acquisition) == 51);   // CID 29
    CHECK(std::ranges::count(modalities(), false, &modality::acquisition) == 24);  // CID 32 and ANN
    for (auto const& row : modalities()) {
        CAPTURE(row.code);
        CHECK(find_modality(row.code) == &row);
        CHECK(is_acquisition(row.code) == row.acquisition);
        CHECK_FALSE(row.display.empty());
        CHECK(row.code.size() <= 16);
    }
}

TEST_CASE("documents about images are not acquired, and what is not known may be")
{
    for (std::string_view code : {"OT", "KO", "SR", "PR", "SEG", "DOC", "RTSTRUCT"}) {
        CAPTURE(code);
        CHECK_FALSE(is_acquisition(code));
    }
    for (std::string_view code : {"CT", "MR", "NEWONE", "ct"}) {
        CAPTURE(code);
        CHECK(is_acquisition(code));
    }
    CHECK(find_modality("CT")->display == "Computed Tomography");
    CHECK(find_modality("ct") == nullptr);
    CHECK(find_modality("") == nullptr);
}
