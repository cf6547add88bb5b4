#include "upstream/dicomweb/file_head.hpp"

#include "tests/upstream/collected_parts.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace pons;
using namespace pons::upstream::dicomweb;
using test::dicom_file;
using upstream::errc;
using upstream::part_head;

namespace {

result<std::optional<part_head>> read(std::string_view bytes, std::string_view syntax = {})
{
    return read_file_head(std::as_bytes(std::span(bytes.data(), bytes.size())), syntax);
}

}  // namespace

TEST_CASE("reads what is known of an instance, as soon as it is there")
{
    auto const file = dicom_file("1.2.3", test::data_set_of("1.2.3") + "data");
    auto const whole = read(file);
    REQUIRE(whole.has_value());
    REQUIRE(whole->has_value());
    CHECK((*whole)->sop_class_uid == "1.2.840.10008.5.1.4.1.1.7");
    CHECK((*whole)->sop_instance_uid == "1.2.3");
    CHECK((*whole)->transfer_syntax_uid == "1.2.840.10008.1.2.1");
    CHECK(file.substr((*whole)->data_set_offset) == test::data_set_of("1.2.3") + "data");
    for (std::size_t size = 0; size < file.size(); ++size) {
        CAPTURE(size);
        auto const part = read(std::string_view(file).substr(0, size));
        REQUIRE(part.has_value());
        CHECK(part->has_value() == (size >= file.size() - 4));
        if (*part)
            CHECK(**part == **whole);
    }
}

TEST_CASE("takes what archives write for meta information")
{
    auto const good = dicom_file("1.2.3");
    auto const offset = (*read(good))->data_set_offset;
    SUBCASE("a group length that is wrong")
    {
        auto file = good;
        file[140] = '\x01';
        CHECK((*read(file))->data_set_offset == offset);
        file[143] = '\x7F';
        CHECK((*read(file))->data_set_offset == offset);
    }
    SUBCASE("no group length")
    {
        auto file = good;
        file.erase(132, 12);
        CHECK((*read(file))->data_set_offset == offset - 12);
    }
    SUBCASE("a deflated data set that begins like group 0002")
    {
        auto const file = dicom_file("1.2.3", std::string("\x02\0\x77\x77zzzz", 8), "1.2.840.10008.1.2.1.99");
        CHECK(file.substr((*read(file))->data_set_offset).starts_with(std::string_view("\x02\0\x77", 3)));
    }
    SUBCASE("another instance than that of the data set")
    {
        auto const file = dicom_file("1.2.3", test::data_set_of("1.2.4", "1.2.5"));
        CHECK((*read(file))->sop_instance_uid == "1.2.4");
        CHECK((*read(file))->sop_class_uid == "1.2.5");
        auto const without = dicom_file("", test::data_set_of("1.2.4"));
        CHECK((*read(without))->sop_instance_uid == "1.2.4");
        // Implicit VR and big endian say it too.
        auto const implicit = std::string(
            "\x08\0\x18\0\x06\0\0\0"
            "1.2.9\0",
            14);
        CHECK((*read(dicom_file("1.2.3", implicit, "1.2.840.10008.1.2")))->sop_instance_uid == "1.2.9");
        auto const big = std::string(
            "\0\x08\0\x18UI\0\x06"
            "1.2.9\0",
            14);
        CHECK((*read(dicom_file("1.2.3", big, "1.2.840.10008.1.2.2")))->sop_instance_uid == "1.2.9");
    }
    SUBCASE("a data set that says nothing")
    {
        for (auto const* data_set : {"", "da", "data", "data set of noise"}) {
            auto const file = dicom_file("1.2.3", data_set);
            auto const bytes = std::as_bytes(std::span(file));
            CHECK((*read_file_head(bytes, {}, true))->sop_instance_uid == "1.2.3");
        }
    }
    SUBCASE("a transfer syntax that only the part knows")
    {
        auto const file = dicom_file("1.2.3", test::data_set_of("1.2.3") + "data", "");
        CHECK((*read(file, "1.2.840.10008.1.2.4.50"))->transfer_syntax_uid == "1.2.840.10008.1.2.4.50");
        CHECK(read(file).error().code == errc::malformed);
    }
}

TEST_CASE("what is no file is refused, within bounds")
{
    CHECK(read(std::string(200, '<')).error().code == errc::malformed);
    CHECK(read(dicom_file("", "data set of noise")).error().code == errc::malformed);
    auto endless = dicom_file("1.2.3").substr(0, 132) + std::string("\x02\0\x02\x01OB\0\0\0\0\0\x10", 12);
    CHECK_FALSE(read(endless)->has_value());
    endless.resize(max_file_head, 'x');
    CHECK(read(endless).error().code == errc::too_large);
}

TEST_CASE("real files")
{
    namespace fs = std::filesystem;
    std::size_t read_ones = 0;
    for (auto const& entry : fs::recursive_directory_iterator(PONS_SOURCE_DIR "/tests/data/dicom")) {
        if (entry.path().extension() != ".dcm")
            continue;
        CAPTURE(entry.path().string());
        std::ifstream in(entry.path(), std::ios::binary);
        std::string const file{std::istreambuf_iterator<char>(in), {}};
        auto const head = read_file_head(std::as_bytes(std::span(file)), "1.2.840.10008.1.2", true);
        if (head && *head) {
            ++read_ones;
            CHECK((*head)->data_set_offset < file.size());
        } else if (head) {
            FAIL("not read");
        }
    }
    CHECK(read_ones > 120);
}
