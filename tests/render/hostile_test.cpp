#include "tests/render/jobs.hpp"
#include "tests/support/dice.hpp"

#include "mapping/element_values.hpp"

using namespace pons;
using test::bytes;
using test::file;

namespace {

void append(bytes& to, std::initializer_list<unsigned> values)
{
    for (auto const v : values)
        to.push_back(static_cast<std::byte>(v));
}

/// An instance with that data set, explicit little endian.
bytes instance_of(bytes const& data_set, std::string syntax = "1.2.840.10008.1.2.1")
{
    if (syntax.size() % 2 != 0)
        syntax.push_back('\0');
    bytes all(128);
    append(all, {'D', 'I', 'C', 'M', 2, 0, 0x10, 0, 'U', 'I', static_cast<unsigned>(syntax.size()), 0});
    for (char const c : syntax)
        all.push_back(static_cast<std::byte>(c));
    all.insert(all.end(), data_set.begin(), data_set.end());
    return all;
}

void add_short(bytes& to, unsigned group, unsigned element, unsigned value)
{
    append(to, {group & 0xFF, group >> 8, element & 0xFF, element >> 8, 'U', 'S', 2, 0, value & 0xFF, value >> 8});
}

bytes image_of(unsigned rows, unsigned columns, unsigned bits)
{
    bytes set;
    add_short(set, 0x28, 0x02, 1);
    append(set, {0x28, 0, 4, 0, 'C', 'S', 12, 0});
    for (char const c : std::string("MONOCHROME2 "))
        set.push_back(static_cast<std::byte>(c));
    add_short(set, 0x28, 0x10, rows);
    add_short(set, 0x28, 0x11, columns);
    add_short(set, 0x28, 0x100, bits);
    add_short(set, 0x28, 0x101, bits);
    add_short(set, 0x28, 0x102, bits - 1);
    add_short(set, 0x28, 0x103, 0);
    return set;
}

std::error_code code_of(render::job_kind kind, bytes const& instance)
{
    auto const got = test::run({.kind = kind}, instance);
    return got ? std::error_code() : got.error().code;
}

constexpr render::job_kind kinds[] = {render::job_kind::frames, render::job_kind::render, render::job_kind::transcode};

}  // namespace

TEST_CASE("sequences in sequences end at the limit")
{
    bytes set;
    for (int i = 0; i < 100'000; ++i) {
        append(set, {0x08, 0, 0x40, 0x11, 'S', 'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF});
        append(set, {0xFE, 0xFF, 0, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF});
    }
    for (auto const kind : kinds)
        CHECK(code_of(kind, instance_of(set)) == render::errc::too_deep);
}

TEST_CASE("delimiters without end do not pile up")
{
    // In an item that has a length a delimiter means nothing.
    bytes set;
    append(set, {0x08, 0, 0x40, 0x11, 'S', 'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF});
    append(set, {0xFE, 0xFF, 0, 0xE0, 0, 0, 0x80, 0});
    for (int i = 0; i < 0x800000 / 8; ++i)
        append(set, {0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0});
    CHECK(code_of(render::job_kind::frames, instance_of(set)) == render::errc::malformed);
}

TEST_CASE("a huge image of four bytes is malformed, not allocated")
{
    auto set = image_of(65535, 65535, 16);
    append(set, {0xE0, 0x7F, 0x10, 0, 'O', 'W', 0, 0, 4, 0, 0, 0, 1, 2, 3, 4});
    CHECK(code_of(render::job_kind::frames, instance_of(set)) == render::errc::too_large);
    CHECK(code_of(render::job_kind::render, instance_of(set)) == render::errc::too_large);

    auto smaller = image_of(8000, 8000, 16);
    append(smaller, {0xE0, 0x7F, 0x10, 0, 'O', 'W', 0, 0, 4, 0, 0, 0, 1, 2, 3, 4});
    CHECK(code_of(render::job_kind::render, instance_of(smaller)) == render::errc::malformed);

    // Compressed: what a codec is given says another size than the data set.
    for (auto const* const syntax : {"1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.70",
                                     "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.8.1"}) {
        CAPTURE(std::string(syntax));
        auto compressed = image_of(8000, 8000, 8);
        append(compressed, {0xE0, 0x7F, 0x10, 0, 'O', 'B', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF});
        append(compressed, {0xFE, 0xFF, 0, 0xE0, 0, 0, 0, 0});
        append(compressed, {0xFE, 0xFF, 0, 0xE0, 4, 0, 0, 0, 1, 2, 3, 4});
        append(compressed, {0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0});
        for (auto const kind : kinds)
            CHECK(code_of(kind, instance_of(compressed, syntax)) == render::errc::malformed);
    }
}

TEST_CASE("more frames than there are pixels, and offsets that lie")
{
    auto many = file("pixels/mr/emri_small.dcm");
    static constexpr std::byte frames[] = {std::byte{0x28}, std::byte{0},   std::byte{8}, std::byte{0},
                                           std::byte{'I'},  std::byte{'S'}, std::byte{2}, std::byte{0}};
    auto const at = std::ranges::search(many, frames).end();
    REQUIRE(at != many.end());
    at[0] = std::byte{'9'};
    at[1] = std::byte{'9'};
    CHECK(code_of(render::job_kind::frames, many) == render::errc::malformed);

    auto lying = file("pixels/mr/emri_small_RLE.dcm");
    static constexpr std::byte pixels[] = {std::byte{0xE0}, std::byte{0x7F}, std::byte{0x10}, std::byte{0}};
    auto const table = std::ranges::find_end(lying, pixels).begin() + 12;
    auto const length = mapping::number<std::uint32_t>(&*table + 4, false);
    if (length >= 8) {
        table[12] = std::byte{7};  // the second frame begins in the middle of the first
        CHECK(code_of(render::job_kind::frames, lying) == render::errc::malformed);
    }
}

TEST_CASE("a file that ends early is an error, wherever it ends")
{
    for (auto const* const name : {"pixels/mr/MR_small_RLE.dcm", "pixels/mr/MR_small_jp2klossless.dcm",
                                   "pixels/mr/MR_small_jpeg_ls_lossless.dcm", "pixels/encodings/SC_rgb_jpeg_dcmtk.dcm",
                                   "dicom/mr/MR_small.dcm", "pixels/encodings/image_dfl.dcm"}) {
        CAPTURE(std::string(name));
        auto const whole = file(name);
        auto const frames = test::frames_of(whole);
        for (std::size_t size = 0; size < whole.size(); size += 61) {
            CAPTURE(size);
            for (auto const kind : kinds) {
                auto const got = test::run({.kind = kind}, std::span(whole).first(size));
                // Nothing but padding may come after the pixels.
                if (got && kind == render::job_kind::frames)
                    CHECK(got->front().body == frames.front());
            }
        }
    }
    CHECK(code_of(render::job_kind::frames, file("pixels/mr/MR_truncated.dcm")) == render::errc::malformed);
    CHECK(code_of(render::job_kind::transcode, file("pixels/mr/MR_truncated.dcm")) == render::errc::malformed);
    CHECK(code_of(render::job_kind::frames, file("pixels/mr/emri_small_jpeg_2k_lossless_too_short.dcm")) ==
          render::errc::malformed);
}

TEST_CASE("bytes that are changed at random never bring a job down")
{
    test::dice dice(20);
    std::size_t survived = 0;
    for (auto const* const name : {"pixels/mr/MR_small_RLE.dcm", "pixels/mr/MR_small_jp2klossless.dcm",
                                   "pixels/mr/MR_small_jpeg_ls_lossless.dcm", "pixels/encodings/SC_rgb_jpeg_dcmtk.dcm",
                                   "pixels/encodings/SC_rgb_small_odd_jpeg.dcm", "pixels/encodings/image_dfl.dcm",
                                   "pixels/mr/MR_small_implicit.dcm", "pixels/encodings/SC_rgb_jpeg_gdcm.dcm",
                                   "pixels/seg/liver_deflate.dcm", "pixels/rt/rtdose_rle.dcm"}) {
        CAPTURE(std::string(name));
        auto const whole = file(name);
        for (int i = 0; i < 60; ++i) {
            auto changed = whole;
            for (int k = 0; k < 4; ++k)
                changed[dice.below(changed.size())] = static_cast<std::byte>(dice.below(256));
            for (auto const kind : kinds)
                survived += test::run({.kind = kind}, changed).has_value() ? 1 : 0;
        }
    }
    CHECK(survived > 100);  // the others were errors
}
