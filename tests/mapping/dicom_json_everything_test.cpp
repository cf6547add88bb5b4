#include "mapping/dicom_json.hpp"
#include "mapping/dicom_json_writer.hpp"
#include "mapping/native_xml.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::mapping;

namespace {

data_set read(std::string text)
{
    dicom_json_reader reader(dicom_json_reader::keep::everything);
    data_set one;
    auto const found = reader.read(text, [&](data_set&& row) {
        one = std::move(row);
        return true;
    });
    REQUIRE(found.has_value());
    REQUIRE(found->rows == 1);
    return one;
}

vr vr_in(data_set const& set, tag t)
{
    vr found{};
    set.for_each([&](tag at, vr as, bool) { found = at == t ? as : found; });
    return found;
}

}  // namespace

TEST_CASE("keeps every attribute of metadata, known or not")
{
    auto const set = read(R"([{
        "00080016":{"vr":"UI","Value":["1.2.3"]},
        "00280010":{"vr":"US","Value":[512]},
        "00200032":{"vr":"DS","Value":[-1.5,"2.25",3e1]},
        "00091001":{"vr":"SH","Value":["private"]},
        "00090010":{"Value":["MAKER"],"vr":"LO"},
        "00081140":{"vr":"SQ","Value":[{"00081155":{"vr":"UI","Value":["1.9"]}},{},null]},
        "00082112":{"vr":"SQ"},
        "00104000":{"vr":"LT"},
        "00189999":{"Value":["no vr"]},
        "nonsense":{"vr":"LO","Value":["x"]}}])");
    CHECK(set.text(tags::SOPClassUID) == "1.2.3");
    CHECK(set.text(tag{0x00280010}) == "512");
    CHECK(vr_in(set, tag{0x00280010}) == "US"_vr);
    CHECK(set.count(tag{0x00200032}) == 3);
    CHECK(set.text(tag{0x00200032}, 1) == "2.25");
    CHECK(set.text(tag{0x00091001}) == "private");
    CHECK(set.text(tag{0x00090010}) == "MAKER");
    REQUIRE(set.items(tag{0x00081140}).size() == 3);
    CHECK(set.items(tag{0x00081140})[0].text(tag{0x00081155}) == "1.9");
    CHECK(set.contains(tag{0x00082112}));
    CHECK(set.contains(tag{0x00104000}));
    CHECK(set.count(tag{0x00104000}) == 0);
    CHECK(set.text(tag{0x00189999}) == "no vr");
}

TEST_CASE("what is elsewhere or binary is not taken for empty")
{
    auto const set = read(R"({
        "7FE00010":{"vr":"OW","BulkDataURI":"http:\/\/a\/b"},
        "00281201":{"BulkDataURI":"../bulk/2","vr":"OW"},
        "00720070":{"vr":"OB"},
        "00282000":{"vr":"OB","InlineBinary":"QUI="},
        "30060050":{"vr":"DS","BulkDataURI":"c"},
        "00080060":{"vr":"CS","Value":["CT"]},
        "00081140":{"vr":"SQ","Value":[{"00091010":{"vr":"UN","InlineBinary":""}}]}})");
    CHECK(set.text(tag{0x7FE00010}) == "http://a/b");
    CHECK(vr_in(set, tag{0x7FE00010}) == "OW"_vr);
    CHECK(set.text(tag{0x00281201}) == "../bulk/2");
    CHECK(set.contains(tag{0x00720070}));
    CHECK(set.count(tag{0x00720070}) == 0);
    CHECK(set.text(tag{0x00282000}) == "data:;base64,QUI=");
    CHECK(set.text(tag{0x30060050}) == "c");
    CHECK(vr_in(set, tag{0x30060050}) == "UN"_vr);
    CHECK(set.text(tags::Modality) == "CT");
    REQUIRE(set.items(tag{0x00081140}).size() == 1);
    CHECK(set.items(tag{0x00081140})[0].count(tag{0x00091010}) == 0);
}

TEST_CASE("what is elsewhere is written as it was read, or left out")
{
    auto const set = read(R"({"00282000":{"vr":"OB","InlineBinary":"QUI="},)"
                          R"("7FE00010":{"vr":"OW","BulkDataURI":"http://a/b"},"7FE00020":{"vr":"OW"}})");
    std::string json;
    append_dicom_json(json, set);
    CHECK(json == R"({"00282000":{"vr":"OB","InlineBinary":"QUI="},"7FE00010":{"vr":"OW","BulkDataURI":"http://a/b"},)"
                  R"("7FE00020":{"vr":"OW"}})");
    json.clear();
    append_dicom_json(json, set, without_bulk);
    CHECK(json == R"({"00282000":{"vr":"OB","InlineBinary":"QUI="}})");
    std::string xml;
    append_native_xml(xml, set);
    CHECK(xml.find("<InlineBinary>QUI=</InlineBinary>") != std::string::npos);
    CHECK(xml.find("<BulkData uri=\"http://a/b\"/>") != std::string::npos);
    CHECK(xml.find("<Value") == std::string::npos);
}

TEST_CASE("bulk data gets the place that a face gives it, whatever the archive's own is")
{
    auto const set =
        read(R"({"00282000":{"vr":"OB","InlineBinary":"QUI="},)"
             R"("00880200":{"vr":"SQ","Value":[{},{"7FE00010":{"vr":"OW","BulkDataURI":"http://a/icon"}}]},)"
             R"("54000110":{"vr":"OW","BulkDataURI":"http://a/b"},"54000112":{"vr":"OW"},)"
             R"("7FE00010":{"vr":"OW","BulkDataURI":"http://a/pixels"}})");
    std::string json;
    append_dicom_json(json, set, {.left_out = false, .below = "http://pons/b/"});
    CHECK(json == R"({"00282000":{"vr":"OB","InlineBinary":"QUI="},)"
                  R"("00880200":{"vr":"SQ","Value":[{},{"7FE00010":{"vr":"OW",)"
                  R"("BulkDataURI":"http://pons/b/00880200.2.7FE00010"}}]},)"
                  R"("54000110":{"vr":"OW","BulkDataURI":"http://pons/b/54000110"},"54000112":{"vr":"OW"}})");
    std::string xml;
    append_native_xml(xml, set, {.left_out = false, .below = "http://pons/b/"});
    CHECK(xml.find("<BulkData uri=\"http://pons/b/00880200.2.7FE00010\"/>") != std::string::npos);
    CHECK(xml.find("<BulkData uri=\"http://pons/b/54000110\"/>") != std::string::npos);
    CHECK(xml.find("http://a") == std::string::npos);
}

TEST_CASE("says which value of no binary VR is not there")
{
    dicom_json_reader reader(dicom_json_reader::keep::everything);
    std::string text = R"([{"30060050":{"vr":"DS","BulkDataURI":"c"},"7FE00010":{"vr":"OW","BulkDataURI":"d"}}])";
    auto const found = reader.read(text, [](data_set&&) { return true; });
    REQUIRE(found.has_value());
    REQUIRE(found->issues.size() == 1);
    CHECK(found->issues[0].text == "the value of (3006,0050) is not in the metadata");
}
