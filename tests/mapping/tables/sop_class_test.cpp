#include "mapping/tables/sop_class.hpp"

#include "mapping/codecs/identifier.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace pons::mapping::tables;

TEST_CASE("every storage SOP class has a UID and a name")
{
    std::set<std::string_view> uids;
    for (auto const& row : sop_classes()) {
        CAPTURE(row.uid);
        CHECK(pons::mapping::codecs::is_uid(row.uid));
        CHECK(row.uid.starts_with("1.2.840.10008.5.1.4."));
        CHECK(uids.insert(row.uid).second);
        CHECK(row.name.find("Storage") != row.name.npos);
        CHECK(sop_class_name(row.uid) == row.name);
    }
    CHECK(uids.size() >= 170);
}

TEST_CASE("names the common SOP classes")
{
    CHECK(sop_class_name("1.2.840.10008.5.1.4.1.1.2") == "CT Image Storage");
    CHECK(sop_class_name("1.2.840.10008.5.1.4.1.1.4") == "MR Image Storage");
    CHECK(sop_class_name("1.2.840.10008.5.1.4.1.1.1.1") == "Digital X-Ray Image Storage - For Presentation");
    CHECK(sop_class_name("1.2.840.10008.5.1.4.1.1.88.59") == "Key Object Selection Document Storage");
    CHECK(sop_class_name("1.2.840.10008.5.1.4.1.1.481.3") == "RT Structure Set Storage");
    CHECK(sop_class_name("1.2.840.10008.1.1").empty());  // Verification stores nothing
    CHECK(sop_class_name("1.2.840.10008.5.1.4.1.1.2.").empty());
    CHECK(sop_class_name("").empty());
}
