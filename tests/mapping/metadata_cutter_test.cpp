#include "mapping/metadata_cutter.hpp"

#include "mapping/binary.hpp"
#include "mapping/tables/value_representation.hpp"
#include "tests/mapping/wire.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

using namespace pons;
using namespace pons::mapping;

namespace {

using bytes_view = std::span<std::byte const>;

result<data_set> cut(bytes_view all, encoding as, std::size_t piece)
{
    metadata_cutter cutter(as);
    for (std::size_t at = 0; at < all.size(); at += piece) {
        // Memory of its own, so that a view that is kept is found.
        auto const part = all.subspan(at, std::min(piece, all.size() - at));
        std::vector<std::byte> const now(part.begin(), part.end());
        if (auto const put = cutter.put(now); !put)
            return tl::unexpected(put.error());
    }
    return cutter.end("ISO_IR 100");
}

struct file {
    std::string bytes;
    std::size_t offset = 0;
    encoding as = encoding::explicit_le;

    bytes_view data_set() const { return std::as_bytes(std::span(bytes)).subspan(offset); }
};

file open(std::filesystem::path const& path)
{
    std::ifstream in(path, std::ios::binary);
    file f;
    f.bytes = {std::istreambuf_iterator<char>(in), {}};
    auto const all = std::as_bytes(std::span(f.bytes));
    auto const size = static_cast<std::size_t>(all[140]) | static_cast<std::size_t>(all[141]) << 8;
    f.offset = 144 + size;
    auto const meta = read_data_set(all.subspan(132, 12 + size), encoding::explicit_le, "");
    REQUIRE(meta.has_value());
    auto const syntax = meta->text(tag{0x00020010});
    f.as = syntax == "1.2.840.10008.1.2"     ? encoding::implicit_le
           : syntax == "1.2.840.10008.1.2.2" ? encoding::explicit_be
                                             : encoding::explicit_le;
    return f;
}

/// Whatever `plain` says, `cut` says too, or says where it is.
void compare(data_set const& plain, data_set const& cut, std::size_t& values, std::size_t& places)
{
    plain.for_each([&](tag t, vr as, bool sequence) {
        CAPTURE(describe(t));
        REQUIRE(cut.contains(t));
        if (sequence) {
            REQUIRE(plain.items(t).size() == cut.items(t).size());
            for (std::size_t i = 0; i < plain.items(t).size(); ++i)
                compare(plain.items(t)[i], cut.items(t)[i], values, places);
        } else if (is_binary(as) && plain.count(t) == 0) {
            places += cut.count(t);
        } else {
            ++values;
            REQUIRE(plain.count(t) == cut.count(t));
            for (std::size_t i = 0; i < plain.count(t); ++i)
                REQUIRE(plain.text(t, i) == cut.text(t, i));
        }
    });
}

}  // namespace

TEST_CASE("metadata of real files is what a reader of the whole says, but for bulk data")
{
    std::size_t files = 0;
    std::size_t values = 0;
    std::size_t places = 0;
    for (auto const& entry : std::filesystem::recursive_directory_iterator(PONS_SOURCE_DIR "/tests/data/dicom")) {
        auto const path = entry.path().string();
        if (entry.path().extension() != ".dcm" || path.find("truncated") != path.npos ||
            path.find("no_meta") != path.npos || path.find("missing_tsyntax") != path.npos ||
            path.find("_dfl") != path.npos)
            continue;
        CAPTURE(path);
        auto const f = open(entry.path());
        auto const plain = read_data_set(f.data_set(), f.as, "ISO_IR 100", {.size = 1 << 26});
        REQUIRE(plain.has_value());
        auto const whole = cut(f.data_set(), f.as, f.bytes.size());
        REQUIRE_MESSAGE(whole.has_value(), whole.error().where);
        compare(*plain, *whole, values, places);
        CHECK(*cut(f.data_set(), f.as, 4096) == *whole);
        if (f.bytes.size() < 20000)
            CHECK(*cut(f.data_set(), f.as, 1) == *whole);
        ++files;
    }
    CHECK(files > 100);
    CHECK(values > 5000);
    CHECK(places > 100);
}

TEST_CASE("implicit VR gets the VRs of the standard")
{
    using tables::value_representation;
    CHECK(value_representation(tag{0x00280010}) == "US"_vr);  // Rows
    CHECK(value_representation(tag{0x00200032}) == "DS"_vr);  // Image Position (Patient)
    CHECK(value_representation(tag{0x7FE00010}) == "OW"_vr);  // Pixel Data
    CHECK(value_representation(tag{0x60023000}) == "OW"_vr);  // Overlay Data of the second overlay
    CHECK(value_representation(tag{0x60FE0010}) == "US"_vr);  // Overlay Rows of the last
    CHECK(value_representation(tag{0x00280106}) == tables::us_or_ss);
    CHECK(value_representation(tag{0x00091001}) == "UN"_vr);
    CHECK(value_representation(tag{0x00080000}) == "UN"_vr);
    for (auto const& known : dictionary()) {
        CAPTURE(known.keyword);
        CHECK(value_representation(known.tag) == known.vr);
    }
}

TEST_CASE("what is left out leaves its place behind")
{
    auto const inside = [](wire& w) -> wire& {
        return w.element(0x00080100, "SH", "CODE").element(0x54001010, "OW", "wave");
    };
    wire item;
    inside(item);
    wire all;
    all.element(0x00090010, "LO", "MAKER ").element(0x00091001, "UN", "blob").element(0x00091002, "DS", "1.5 ");
    all.element(0x00281200, "OW", "").header(0x54000100, "SQ", undefined).item();
    inside(all).end_item().item(static_cast<std::uint32_t>(item.text().size()));
    inside(all).end_sequence();
    all.element(0x7FE00010, "OW", std::string(3 << 20, 'p')).element(0xFFFCFFFC, "OB", "pads");
    for (std::size_t const piece : {std::size_t{1000}, std::size_t{7}, all.text().size()}) {
        CAPTURE(piece);
        auto const set = cut(all.bytes(), encoding::explicit_le, piece);
        REQUIRE(set.has_value());
        CHECK(set->text(tag{0x00090010}) == "MAKER");
        CHECK(set->text(tag{0x00091001}) == "00091001");
        CHECK(set->text(tag{0x00091002}) == "1.5");
        CHECK(set->contains(tag{0x00281200}));
        CHECK(set->count(tag{0x00281200}) == 0);
        auto const items = set->items(tag{0x54000100});
        REQUIRE(items.size() == 2);
        CHECK(items[0].text(tag{0x00080100}) == "CODE");
        CHECK(items[0].text(tag{0x54001010}) == "54000100/1/54001010");
        CHECK(items[1].text(tag{0x54001010}) == "54000100/2/54001010");
        CHECK(set->text(tag{0x7FE00010}) == "7FE00010");
        CHECK_FALSE(set->contains(tag{0xFFFCFFFC}));
    }
}

TEST_CASE("what would have to be held is bounded")
{
    wire all;
    SUBCASE("long values give way to their places, so that many of them fit")
    {
        for (std::uint32_t i = 0; i < 200; ++i)
            all.element(0x00400000 + 2 * i + 2, "UT", std::string(60000, 'x'));
        auto const set = cut(all.bytes(), encoding::explicit_le, all.text().size());
        REQUIRE(set.has_value());
        CHECK(set->text(tag{0x00400002}).size() == 60000);
        CHECK(set->text(tag{0x00400100}) == "00400100");
        vr as{};
        set->for_each([&](tag t, vr of, bool) { as = t == tag{0x00400100} ? of : as; });
        CHECK(is_binary(as));
    }
    SUBCASE("a value that is too long for its VR's length")
    {
        all = wire(encoding::implicit_le);
        all.element(0x00200032, "DS", std::string(70000, '1'));
        auto const set = cut(all.bytes(), encoding::implicit_le, all.text().size());
        REQUIRE(set.has_value());
        CHECK(set->text(tag{0x00200032}) == "00200032");
    }
    SUBCASE("short ones without end do not")
    {
        for (std::uint32_t i = 0; i < 6000; ++i)
            all.element(0x00111000 + i, "LT", std::string(250, 'x'));
        auto const set = cut(all.bytes(), encoding::explicit_le, all.text().size());
        REQUIRE_FALSE(set.has_value());
        CHECK(set.error().code == stream_errc::too_large);
    }
    SUBCASE("sequences in sequences")
    {
        for (int i = 0; i < 100; ++i)
            all.header(0x00400275, "SQ", undefined).item();
        CHECK(cut(all.bytes(), encoding::explicit_le, all.text().size()).error().code == stream_errc::too_deep);
    }
    SUBCASE("elements without end")
    {
        for (std::uint32_t i = 0; i < 2 * metadata_cutter::max_elements; ++i)
            all.element(0x00400000, "UL", "");
        CHECK(cut(all.bytes(), encoding::explicit_le, 5000).error().code == stream_errc::too_many_elements);
    }
}

TEST_CASE("signed values and unknown ones")
{
    for (bool const is_signed : {false, true}) {
        wire all(encoding::implicit_le);
        all.element(0x00280103, "US", is_signed ? std::string("\1\0", 2) : std::string("\0\0", 2));
        all.element(0x00280120, "US", "\xFE\xFF").element(0x00091001, "UN", "blob");
        auto const set = cut(all.bytes(), encoding::implicit_le, 3);
        REQUIRE(set.has_value());
        CHECK(set->text(tag{0x00280120}) == (is_signed ? "-2" : "65534"));
        CHECK(set->text(tag{0x00091001}) == "00091001");
    }
    // UN of a known attribute is read by its VR (PS3.5 §6.2.2), a sequence too, which is in implicit VR then.
    wire items(encoding::implicit_le);
    items.item().element(0x00080100, "SH", "CODE").end_item().end_sequence();
    for (bool const has_length : {false, true}) {
        wire all;
        all.element(0x00080060, "UN", "CT");
        all.header(0x00081032, "UN", has_length ? static_cast<std::uint32_t>(items.text().size()) : undefined);
        all.raw(items.text()).element(0x00100010, "PN", "DOE^JANE");
        auto const set = cut(all.bytes(), encoding::explicit_le, 5);
        REQUIRE(set.has_value());
        CHECK(set->text(tags::Modality) == "CT");
        REQUIRE(set->items(tags::ProcedureCodeSequence).size() == 1);
        CHECK(set->items(tags::ProcedureCodeSequence)[0].text(tags::CodeValue) == "CODE");
        CHECK(set->text(tags::PatientName) == "DOE^JANE");
    }
}

TEST_CASE("a data set that is cut off is none")
{
    auto const f = open(PONS_SOURCE_DIR "/tests/data/dicom/mr/MR_small.dcm");
    auto const all = f.data_set();
    std::vector<std::size_t> whole;  // places where an element ends
    for (std::size_t size = 0; size < all.size(); ++size)
        if (cut(all.first(size), f.as, size + 1))
            whole.push_back(size);
    CHECK(whole.size() < 250);
    CHECK_FALSE(cut(all.first(all.size() - 1), f.as, 1000).has_value());
    CHECK(cut(all, f.as, 1000).has_value());
}

namespace {

struct cut_value {
    std::optional<metadata_cutter::value> found;
    std::string bytes;
    bool whole = false;
};

cut_value cut_one(bytes_view all, encoding as, std::string_view place, std::size_t piece)
{
    cut_value got;
    metadata_cutter cutter(as, place);
    for (std::size_t at = 0; at < all.size(); at += piece) {
        auto const part = all.subspan(at, std::min(piece, all.size() - at));
        std::vector<std::byte> const now(part.begin(), part.end());
        REQUIRE(cutter.put(now).has_value());
        for (auto const some : cutter.pieces())
            got.bytes.append(reinterpret_cast<char const*>(some.data()), some.size());
    }
    got.found = cutter.found();
    got.whole = cutter.whole();
    CHECK(cutter.whole_at_end() == got.whole);
    return got;
}

void each_place(data_set const& set, std::string const& way, std::vector<std::string>& places)
{
    set.for_each([&](tag t, vr as, bool sequence) {
        for (std::size_t i = 0; sequence && i < set.items(t).size(); ++i)
            each_place(set.items(t)[i], way + to_hex(t) + "/" + std::to_string(i + 1) + "/", places);
        if (!sequence && is_binary(as) && set.count(t) != 0) {
            CHECK(set.text(t) == way + to_hex(t));
            places.push_back(way + to_hex(t));
        }
    });
}

}  // namespace

TEST_CASE("whatever metadata says is elsewhere is cut out of the same file")
{
    std::size_t values = 0;
    std::size_t nested = 0;
    std::size_t encapsulated = 0;
    for (auto const& entry : std::filesystem::recursive_directory_iterator(PONS_SOURCE_DIR "/tests/data/dicom")) {
        auto const path = entry.path().string();
        if (entry.path().extension() != ".dcm" || path.find("truncated") != path.npos ||
            path.find("no_meta") != path.npos || path.find("missing_tsyntax") != path.npos ||
            path.find("_dfl") != path.npos)
            continue;
        CAPTURE(path);
        auto const f = open(entry.path());
        auto const metadata = cut(f.data_set(), f.as, f.bytes.size());
        REQUIRE(metadata.has_value());
        std::vector<std::string> places;
        each_place(*metadata, "", places);
        if (places.size() > 40)
            places.resize(40);
        for (auto const& place : places) {
            CAPTURE(place);
            auto const got = cut_one(f.data_set(), f.as, place, f.bytes.size());
            REQUIRE(got.found.has_value());
            CHECK(got.whole);
            CHECK_FALSE(got.bytes.empty());
            if (!got.found->encapsulated)
                CHECK(got.bytes.size() == got.found->length);
            CHECK(f.bytes.find(got.bytes.substr(0, 64)) != std::string::npos);
            if (f.bytes.size() < 40000)
                CHECK(cut_one(f.data_set(), f.as, place, 3).bytes == got.bytes);
            ++values;
            nested += place.find('/') != place.npos;
            encapsulated += got.found->encapsulated;
        }
    }
    CHECK(values > 100);
    CHECK(nested > 10);
    CHECK(encapsulated > 3);
}

TEST_CASE("a place where nothing is, or nothing with a value, is not found")
{
    auto const f = open(PONS_SOURCE_DIR "/tests/data/dicom/ct/CT_small.dcm");
    for (auto const* const place : {"00420011", "54000100/1/54001010", "7FE00010/1/7FE00010", "nonsense"}) {
        auto const got = cut_one(f.data_set(), f.as, place, 1000);
        CHECK_FALSE(got.found.has_value());
        CHECK_FALSE(got.whole);
        CHECK(got.bytes.empty());
    }
    auto const pixels = cut_one(f.data_set(), f.as, "7FE00010", 1000);
    CHECK(pixels.bytes.size() == 128 * 128 * 2);
    // What is no bulk data can be had the same way.
    CHECK(cut_one(f.data_set(), f.as, "00280010", 7).bytes == std::string("\x80\0", 2));
    auto const cut_off = cut_one(f.data_set().first(f.data_set().size() - 1000), f.as, "7FE00010", 1000);
    CHECK(cut_off.found.has_value());
    CHECK_FALSE(cut_off.whole);
}
