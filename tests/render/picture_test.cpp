#include "tests/render/jobs.hpp"
#include "tests/support/process.hpp"

#include <png.h>

#include <cstring>
#include <optional>

using namespace pons;
using test::bytes;
using test::file;

namespace {

struct seen {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    bool colour = false;
    bytes pixels;

    friend bool operator==(seen const&, seen const&) = default;
};

seen read_png(bytes const& png)
{
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    REQUIRE(png_image_begin_read_from_memory(&image, png.data(), png.size()));
    seen s{image.width, image.height, (image.format & PNG_FORMAT_FLAG_COLOR) != 0, {}};
    image.format = s.colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    s.pixels.resize(PNG_IMAGE_SIZE(image));
    REQUIRE(png_image_finish_read(&image, nullptr, s.pixels.data(), 0, nullptr));
    return s;
}

seen read_pnm(bytes const& pnm)
{
    seen s;
    int at = 0;
    char kind = 0;
    std::string const start(reinterpret_cast<char const*>(pnm.data()), std::min<std::size_t>(pnm.size(), 200));
    REQUIRE(std::sscanf(start.c_str(), "P%c %u %u 255%n", &kind, &s.width, &s.height, &at) == 3);
    s.colour = kind == '6';
    s.pixels.assign(pnm.begin() + at + 1, pnm.end());
    return s;
}

seen png_of(std::string const& name, render::job asked = {})
{
    asked.format = render::image_format::png;
    auto const got = test::run(asked, file(name));
    REQUIRE_MESSAGE(got.has_value(), (got ? "" : got.error().code.message() + " " + got.error().where));
    REQUIRE(got->size() == 1);
    CHECK(got->front().info.content_type == "image/png");
    return read_png(got->front().body);
}

/// What dcmj2pnm shows of it. It cannot read JPEG 2000: those files are given to it decompressed.
seen by_dcmtk(std::string const& name, std::vector<std::string> options = {})
{
    test::temporary_folder const folder;
    auto const out = (folder.path() / "out.pnm").string();
    std::vector<std::string> command{"dcmj2pnm", "--write-raw-pnm"};
    command.insert(command.end(), options.begin(), options.end());
    command.push_back((test::data / name).string());
    command.push_back(out);
    REQUIRE(test::run(command) == 0);
    return read_pnm(test::read_bytes(out));
}

std::uint32_t difference(seen const& a, seen const& b)
{
    REQUIRE(a.width == b.width);
    REQUIRE(a.height == b.height);
    REQUIRE(a.pixels.size() == b.pixels.size());
    std::uint32_t most = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i)
        most = std::max(most, static_cast<std::uint32_t>(
                                  std::abs(std::to_integer<int>(a.pixels[i]) - std::to_integer<int>(b.pixels[i]))));
    return most;
}

}  // namespace

TEST_CASE("pictures are those of dcmj2pnm")
{
    struct {
        char const* name;
        std::vector<std::string> options;
    } const cases[] = {
        {"dicom/ct/CT_small.dcm", {"+Wm"}},  // no window of its own
        {"dicom/mr/MR_small.dcm", {"+Wi", "1"}},
        {"pixels/mr/MR_small_RLE.dcm", {"+Wi", "1"}},
        {"pixels/mr/MR_small_bigendian.dcm", {"+Wi", "1"}},
        {"dicom/mr/examples_overlay.dcm", {"+Wi", "1", "-O"}},
        {"dicom/nm-pt/NM-MONO2-16-13x-heart.dcm", {"+Wi", "1"}},
        {"dicom/cr-dx-mg/dx_image.dcm", {"+Wi", "1"}},
        {"dicom/pr/imageForPrLUTs.dcm", {"+Wm"}},
        {"pixels/nm-pt/JPEG-LL.dcm", {"+Wm"}},
        {"pixels/nm-pt/JPEG-lossy.dcm", {"+Wm"}},
        {"dicom/us/JPGLosslessP14SV1_1s_1f_8b.dcm", {"+Wi", "1"}},
        {"pixels/us/examples_ybr_color.dcm", {}},
        {"pixels/us/examples_palette.dcm", {}},
        {"pixels/us/OBXXXX1A_rle_2frame.dcm", {}},
        {"pixels/encodings/SC_rgb_small_odd.dcm", {}},
        {"pixels/encodings/SC_rgb_jpeg_dcmtk.dcm", {}},
        {"dicom/us/ExplVR_BigEnd.dcm", {}},
        {"dicom/studies/slide/sm_image.dcm", {}},
        {"pixels/seg/liver.dcm", {"+Wm"}},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        auto const ours = png_of(c.name, {.frames = {1}});
        auto const theirs = by_dcmtk(c.name, c.options);
        CHECK(ours.colour == theirs.colour);
        CHECK(difference(ours, theirs) == 0);
    }
}

TEST_CASE("JPEG 2000 looks as the same image without compression")
{
    CHECK(png_of("pixels/mr/MR_small_jp2klossless.dcm") == png_of("dicom/mr/MR_small.dcm"));
    CHECK(png_of("pixels/encodings/HTJ2KLossless_08_RGB.dcm").colour);
    CHECK(png_of("pixels/us/examples_jpeg2k.dcm").colour);
}

TEST_CASE("a window that is asked for is applied")
{
    render::window const soft{40, 400, render::window::shape::linear};
    auto const name = "dicom/studies/rt-breast/ct.0.dcm";
    CHECK(png_of(name, {.window = soft}) == by_dcmtk(name, {"+Ww", "40", "400"}));
    render::window const curve{40, 400, render::window::shape::sigmoid};
    CHECK(png_of(name, {.window = curve}) == by_dcmtk(name, {"+Ww", "40", "400", "+Wfs"}));

    // PS3.3 §C.11.2.1.3.2: exactly half at the center, all at center + width / 2.
    auto const frame = test::frames_of(file(name)).front();
    auto const exact = png_of(name, {.window = render::window{40, 400, render::window::shape::linear_exact}});
    REQUIRE(frame.size() == 2 * exact.pixels.size());
    std::uint32_t far = 0;
    for (std::size_t i = 0; i < exact.pixels.size(); ++i) {
        std::int16_t stored = 0;
        std::memcpy(&stored, frame.data() + 2 * i, 2);
        double const wanted = std::clamp((stored - 40.0) / 400 + 0.5, 0.0, 1.0) * 255;
        far = std::max(far, static_cast<std::uint32_t>(std::abs(wanted - std::to_integer<int>(exact.pixels[i]))));
    }
    CHECK(far <= 1);
}

TEST_CASE("a viewport scales, cuts and flips, and keeps the aspect")
{
    auto const name = "dicom/studies/rt-breast/ct.0.dcm";  // 512 x 512
    auto const whole = png_of(name);
    CHECK(whole.width == 512);
    auto const small = png_of(name, {.viewport = render::viewport{100, 300}});
    CHECK(small.width == 100);
    CHECK(small.height == 100);
    auto const part = png_of(name, {.viewport = render::viewport{64, 32, 10, 20, 64, 32}});
    REQUIRE(part.width == 64);
    REQUIRE(part.height == 32);
    auto const turned = png_of(name, {.viewport = render::viewport{64, 32, 10, 20, -64, -32}});
    for (std::uint32_t y = 0; y < 32; ++y)
        for (std::uint32_t x = 0; x < 64; ++x) {
            auto const here = part.pixels[y * 64 + x];
            CHECK(here == whole.pixels[(y + 20) * 512 + x + 10]);
            CHECK(here == turned.pixels[(31 - y) * 64 + (63 - x)]);
        }
    auto const outside = test::run({.viewport = render::viewport{64, 32, 512, 0}}, file(name));
    REQUIRE(!outside);
    CHECK(outside.error().code == render::errc::not_acceptable);
    auto const huge = test::run({.viewport = render::viewport{40'000, 40'000}}, file(name));
    REQUIRE(!huge);
    CHECK(huge.error().code == render::errc::too_large);
}

TEST_CASE("thumbnails of JPEG 2000 are decoded at less resolution")
{
    auto const thumbnail = png_of("pixels/cr-dx-mg/RG3_J2KI.dcm", {.viewport = render::viewport{128, 128}});
    CHECK(std::max(thumbnail.width, thumbnail.height) == 128);
    CHECK(std::min(thumbnail.width, thumbnail.height) > 64);
}

TEST_CASE("JPEG is JPEG, smaller at less quality")
{
    auto const name = "dicom/studies/rt-breast/ct.0.dcm";
    auto const fine = test::run({.quality = 95}, file(name));
    auto const coarse = test::run({.quality = 20}, file(name));
    REQUIRE(fine);
    REQUIRE(coarse);
    CHECK(fine->front().info.content_type == "image/jpeg");
    CHECK(fine->front().body[0] == std::byte{0xFF});
    CHECK(fine->front().body[1] == std::byte{0xD8});
    CHECK(coarse->front().body.size() < fine->front().body.size() / 2);
}

TEST_CASE("GIF moves: all frames, or those asked for")
{
    auto const count = [](bytes const& gif) {
        static constexpr std::byte control[] = {std::byte{0x21}, std::byte{0xF9}, std::byte{0x04}};
        std::size_t n = 0;
        for (auto at = gif.begin();
             (at = std::search(at, gif.end(), std::begin(control), std::end(control))) != gif.end(); ++at)
            ++n;
        return n;
    };
    for (auto const* const name : {"dicom/nm-pt/NM-MONO2-16-13x-heart.dcm", "pixels/us/OBXXXX1A_rle_2frame.dcm"}) {
        auto const all = test::run({.format = render::image_format::gif}, file(name));
        REQUIRE(all);
        REQUIRE(all->size() == 1);
        CHECK(all->front().info.content_type == "image/gif");
        CHECK(std::memcmp(all->front().body.data(), "GIF89a", 6) == 0);
        CHECK(all->front().body.back() == std::byte{0x3B});
        CHECK(count(all->front().body) == (std::string(name).starts_with("dicom") ? 13u : 2u));
    }
    auto const two = test::run({.frames = {2, 5}, .format = render::image_format::gif},
                               file("dicom/nm-pt/NM-MONO2-16-13x-heart.dcm"));
    REQUIRE(two);
    CHECK(count(two->front().body) == 2);
}

TEST_CASE("several frames as JPEG are several parts")
{
    auto const got = test::run({.frames = {2, 5}}, file("dicom/nm-pt/NM-MONO2-16-13x-heart.dcm"));
    REQUIRE(got);
    REQUIRE(got->size() == 2);
    CHECK((*got)[0].info.frame == 2);
    CHECK((*got)[1].info.frame == 5);
}

TEST_CASE("a map of real numbers is seen through its window")
{
    auto const name = "dicom/seg/parametric_map_float.dcm";  // center 0.5, width 1, of the functional groups
    auto const got = png_of(name);
    auto const frame = test::frames_of(file(name)).front();
    REQUIRE(frame.size() == 4 * got.pixels.size());
    double far = 0;
    for (std::size_t i = 0; i < got.pixels.size(); ++i) {
        float value = 0;
        std::memcpy(&value, frame.data() + 4 * i, 4);
        far = std::max(far, std::abs(std::clamp(double{value}, 0.0, 1.0) * 255 - std::to_integer<int>(got.pixels[i])));
    }
    CHECK(far < 1.01);
}

TEST_CASE("frames are given as stored where that is accepted")
{
    using render::job_kind;
    auto const name = "pixels/us/examples_ybr_color.dcm";
    auto const baseline = "1.2.840.10008.1.2.4.50";
    auto const stored = test::run({.kind = job_kind::frames, .frames = {3}, .stored_syntaxes = {baseline}}, file(name));
    REQUIRE(stored);
    CHECK(stored->front().info.content_type == "image/jpeg");
    CHECK(stored->front().info.transfer_syntax_uid == baseline);
    CHECK(stored->front().info.frame == 3);
    CHECK(stored->front().body[0] == std::byte{0xFF});

    auto const decoded = test::run({.kind = job_kind::frames, .frames = {3}, .stored_syntaxes = {"1.2.3"}}, file(name));
    REQUIRE(decoded);
    CHECK(decoded->front().info.content_type == "application/octet-stream");
    CHECK(decoded->front().info.transfer_syntax_uid == "1.2.840.10008.1.2.1");

    auto const neither =
        test::run({.kind = job_kind::frames, .stored_syntaxes = {"1.2.3"}, .native = false}, file(name));
    REQUIRE(!neither);
    CHECK(neither.error().code == render::errc::not_acceptable);

    // A native one cannot be given compressed.
    auto const native = test::run({.kind = job_kind::frames, .stored_syntaxes = {baseline}, .native = false},
                                  file("dicom/ct/CT_small.dcm"));
    REQUIRE(!native);
    CHECK(native.error().code == render::errc::not_acceptable);
}
