#include "mapping/dicom_stream.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using namespace pons;
using namespace pons::mapping;

namespace {

std::string const files = PONS_SOURCE_DIR "/tests/data/dicom/";

/// The data set of a file (PS3.10 §7.1); its meta information is a data set as well.
result<data_set> read_file(std::string const& path)
{
    std::ifstream in(path, std::ios::binary);
    std::string const file{std::istreambuf_iterator<char>(in), {}};
    auto const bytes = std::as_bytes(std::span(file));
    constexpr std::size_t meta = 128 + 4;     // after the preamble and "DICM"
    constexpr std::size_t group_length = 12;  // (0002,0000) UL
    auto const size = static_cast<std::size_t>(bytes[meta + 8]) | static_cast<std::size_t>(bytes[meta + 9]) << 8;
    auto const information = read_data_set(bytes.subspan(meta, group_length + size), encoding::explicit_le, "");
    REQUIRE(information.has_value());
    auto const syntax = information->text(tag{0x00020010});
    auto const as = syntax == "1.2.840.10008.1.2"     ? encoding::implicit_le
                    : syntax == "1.2.840.10008.1.2.2" ? encoding::explicit_be
                                                      : encoding::explicit_le;
    return read_data_set(bytes.subspan(meta + group_length + size), as, "ISO_IR 100", {.size = 1 << 26});
}

}  // namespace

TEST_CASE("names in real files")
{
    struct {
        char const* file;
        char const* name;
    } const cases[] = {
        {"chrFren.dcm", "Buc^Jérôme"},
        {"chrGreek.dcm", "Διονυσιος"},
        {"chrH31.dcm", "Yamada^Tarou=山田^太郎=やまだ^たろう"},
        {"chrI2.dcm", "Hong^Gildong=洪^吉洞=홍^길동"},
        {"chrRuss.dcm", "Люкceмбypг"},
        {"chrX1.dcm", "Wang^XiaoDong=王^小東="},
    };
    for (auto const& c : cases) {
        CAPTURE(c.file);
        auto const set = read_file(files + "charset/" + c.file);
        REQUIRE(set.has_value());
        CHECK(set->text(tags::PatientName) == c.name);
    }
    auto const set = read_file(files + "charset/chrSQEncoding.dcm");
    REQUIRE(set.has_value());
    auto const items = set->items(tag{0x00321064});  // Requested Procedure Code Sequence
    REQUIRE(items.size() == 1);
    CHECK(items[0].text(tags::PatientName) == "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう");
}

TEST_CASE("a real data set is the same when it is written and read again")
{
    auto const set = read_file(files + "mr/MR_small.dcm");
    REQUIRE(set.has_value());
    CHECK(set->text(tags::PatientName) == "CompressedSamples^MR1");
    CHECK(set->text(tag{0x00280010}) == "64");  // Rows, US
    for (auto const as : {encoding::explicit_le, encoding::explicit_be}) {
        auto const again = write_data_set(*set, as, "");
        CHECK(again.lossless);
        CHECK(*read_data_set(again.bytes, as, "") == *set);
    }
}

TEST_CASE("every whole file in the repository can be read, whatever made it")
{
    std::size_t read = 0;
    for (auto const& entry : std::filesystem::recursive_directory_iterator(files)) {
        auto const path = entry.path().string();
        if (entry.path().extension() != ".dcm" || path.find("truncated") != path.npos ||
            path.find("no_meta") != path.npos || path.find("missing_tsyntax") != path.npos ||
            path.find("too_short") != path.npos || path.find("_dfl") != path.npos || path.find("deflate") != path.npos)
            continue;
        CAPTURE(path);
        auto const set = read_file(path);
        REQUIRE(set.has_value());
        read += set->text(tags::SOPInstanceUID).empty() ? 0 : 1;  // a few hold private attributes only
    }
    CHECK(read > 20);
}
