#include "mapping/tables/without_images.hpp"

#include "mapping/tables/modality.hpp"
#include "mapping/tables/sop_class.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

using namespace pons::mapping::tables;

TEST_CASE("a class has images when its name says so, and a few others have")
{
    constexpr std::array images_by_another_name{
        "Enhanced US Volume Storage",
        "Segmentation Storage",
        "Label Map Segmentation Storage",
        "Height Map Segmentation Storage",
        "Parametric Map Storage",
        "RT Dose Storage",
        "Ophthalmic Thickness Map Storage",
        "Corneal Topography Map Storage",
        "Ophthalmic Optical Coherence Tomography B-scan Volume Analysis Storage",
    };
    for (auto const& row : sop_classes()) {
        if (!row.uid.starts_with("1.2.840.10008.5.1.4.1.1."))
            continue;
        CAPTURE(row.name);
        bool const has_images = row.name.find("Image") != row.name.npos ||
                                std::ranges::find(images_by_another_name, row.name) != images_by_another_name.end();
        CHECK(is_class_without_images(row.uid) == !has_images);
    }
}

TEST_CASE("what is not known may have images")
{
    for (auto const* const uid : {"", "1.2.3", "1.2.840.10008.5.1.4.1.1.", "1.2.840.10008.5.1.4.1.1.880",
                                  "1.2.840.10008.5.1.4.1.1.66.44", "1.2.840.10008.5.1.4.1.1.8.1"})
        CHECK_FALSE(is_class_without_images(uid));
    for (auto const* const code : {"", "XX", "sr", "CT", "SEG", "RTDOSE", "OT"})
        CHECK_FALSE(is_modality_without_images(code));
    for (auto const* const code : {"SR", "KO", "PR", "DOC", "ECG", "RTSTRUCT"}) {
        CHECK(is_modality_without_images(code));
        CHECK(find_modality(code) != nullptr);
    }
}
