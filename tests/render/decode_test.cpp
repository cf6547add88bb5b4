#include "tests/render/jobs.hpp"
#include "tests/support/process.hpp"

#include <cstring>

using namespace pons;
using test::bytes;
using test::file;
using test::frames_of;

TEST_CASE("one image has the same pixels in every transfer syntax")
{
    struct {
        char const* name;
        char const* plain;
        std::vector<char const*> others;
    } const cases[] = {
        {"a small MR",
         "dicom/mr/MR_small.dcm",
         {"pixels/mr/MR_small_RLE.dcm", "pixels/mr/MR_small_bigendian.dcm", "pixels/mr/MR_small_implicit.dcm",
          "pixels/mr/MR_small_jp2klossless.dcm", "pixels/mr/MR_small_jpeg_ls_lossless.dcm",
          "pixels/mr/MR_small_padded.dcm"}},
        {"an enhanced MR of 10 frames",
         "pixels/mr/emri_small.dcm",
         {"pixels/mr/emri_small_RLE.dcm", "pixels/mr/emri_small_big_endian.dcm",
          "dicom/mr/emri_small_jpeg_2k_lossless.dcm", "pixels/mr/emri_small_jpeg_ls_lossless.dcm"}},
        {"a dose of 15 frames with 32 bits",
         "dicom/rt/rtdose.dcm",
         {"pixels/rt/rtdose_expb.dcm", "pixels/rt/rtdose_rle.dcm"}},
        {"a segmentation with single bits",
         "pixels/seg/liver.dcm",
         {"pixels/seg/liver_deflate.dcm", "dicom/seg/liver_rle.dcm"}},
        {"red, green and blue",
         "pixels/encodings/SC_rgb_small_odd.dcm",
         {"pixels/encodings/SC_rgb_small_odd_big_endian.dcm"}},
        {"a slide of 25 frames in colour",
         "dicom/studies/slide/sm_image.dcm",
         {"dicom/studies/slide/sm_image_jpegls.dcm", "dicom/studies/slide/sm_image_jpegls_nobot.dcm"}},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        auto const plain = frames_of(file(c.plain));
        for (auto const* const other : c.others) {
            CAPTURE(std::string(other));
            auto const frames = frames_of(file(other));
            CHECK(frames.size() == plain.size());
            CHECK(frames == plain);
        }
    }
}

namespace {

/// What a tool of DCMTK makes of a file, as frames.
std::vector<bytes> frames_by(std::vector<std::string> command, std::string const& name)
{
    test::temporary_folder const folder;
    auto const out = (folder.path() / "out.dcm").string();
    command.push_back((test::data / name).string());
    command.push_back(out);
    REQUIRE(test::run(command) == 0);
    return frames_of(test::read_bytes(out));
}

}  // namespace

TEST_CASE("decodes as DCMTK's own tools do")
{
    struct {
        char const* name;
        std::vector<std::string> command;
    } const cases[] = {
        {"pixels/encodings/SC_rgb_jpeg_dcmtk.dcm", {"dcmdjpeg", "+px"}},
        {"pixels/encodings/SC_rgb_jpeg_gdcm.dcm", {"dcmdjpeg", "+px"}},
        {"pixels/encodings/SC_rgb_small_odd_jpeg.dcm", {"dcmdjpeg", "+px"}},
        {"pixels/us/examples_ybr_color.dcm", {"dcmdjpeg", "+px"}},
        {"pixels/nm-pt/JPEG-lossy.dcm", {"dcmdjpeg"}},
        {"pixels/nm-pt/JPEG-LL.dcm", {"dcmdjpeg"}},
        {"dicom/us/JPGLosslessP14SV1_1s_1f_8b.dcm", {"dcmdjpeg"}},
        {"pixels/encodings/JLSL_16_15_1_1F.dcm", {"dcmdjpls"}},
        {"pixels/encodings/JPEGLSNearLossless_08.dcm", {"dcmdjpls"}},
        {"pixels/encodings/JPEGLSNearLossless_16.dcm", {"dcmdjpls"}},
        {"dicom/studies/slide/sm_image_jpegls.dcm", {"dcmdjpls", "+px"}},
        {"pixels/mr/MR_small_RLE.dcm", {"dcmdrle"}},
        {"pixels/mr/emri_small_RLE.dcm", {"dcmdrle"}},
        {"pixels/encodings/image_dfl.dcm", {"dcmconv", "+te"}},
        {"dicom/us/ExplVR_BigEnd.dcm", {"dcmconv", "+te"}},
        {"dicom/mr/sample-dicom.dcm", {"dcmconv", "+te"}},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        CHECK(frames_of(file(c.name)) == frames_by(c.command, c.name));
    }
}

TEST_CASE("RLE in colour is given by pixel")
{
    for (auto const* const name :
         {"pixels/us/OBXXXX1A_rle_2frame.dcm", "pixels/encodings/SC_rgb_rle_16bit_2frame.dcm"}) {
        CAPTURE(std::string(name));
        auto const ours = frames_of(file(name));
        auto const theirs = frames_by({"dcmdrle"}, name);
        REQUIRE(ours.size() == theirs.size());
        // DCMTK leaves the colours in planes where the data set says so.
        auto const wide = std::string(name).find("16bit") != std::string::npos ? 2u : 1u;
        for (std::size_t f = 0; f < ours.size(); ++f) {
            REQUIRE(ours[f].size() == theirs[f].size());
            auto const plane = ours[f].size() / 3;
            bytes planes(ours[f].size());
            for (std::size_t i = 0; i < ours[f].size(); ++i) {
                auto const sample = i / wide;
                planes[sample % 3 * plane + sample / 3 * wide + i % wide] = ours[f][i];
            }
            CHECK((ours[f] == theirs[f] || planes == theirs[f]));
        }
    }
}

namespace {

/// The samples of a raw PGM or PPM, 16-bit ones little endian.
bytes samples_of_pnm(bytes const& pnm)
{
    std::string const text(reinterpret_cast<char const*>(pnm.data()), pnm.size());
    std::size_t at = 2;
    unsigned numbers[3] = {};
    for (auto& n : numbers) {
        while (std::isspace(static_cast<unsigned char>(text[at])) || text[at] == '#')
            at = text[at] == '#' ? text.find('\n', at) : at + 1;
        n = static_cast<unsigned>(std::stoul(text.substr(at)));
        at = text.find_first_not_of("0123456789", at);
    }
    bytes samples(pnm.begin() + static_cast<std::ptrdiff_t>(at) + 1, pnm.end());
    if (numbers[2] > 255)
        for (std::size_t i = 0; i + 1 < samples.size(); i += 2)
            std::swap(samples[i], samples[i + 1]);
    return samples;
}

}  // namespace

TEST_CASE("decodes JPEG 2000 and HTJ2K as opj_decompress does")
{
    struct {
        char const* name;
        char const* in;
        char const* out;
    } const cases[] = {
        {"pixels/encodings/HTJ2KLossless_08_RGB.dcm", "frame.jhc", "frame.ppm"},
        {"pixels/encodings/HTJ2K_08_RGB.dcm", "frame.jhc", "frame.ppm"},
        {"pixels/us/examples_jpeg2k.dcm", "frame.j2k", "frame.ppm"},
        {"pixels/cr-dx-mg/RG3_J2KI.dcm", "frame.j2k", "frame.pgm"},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        render::job const asked{.kind = render::job_kind::frames, .frames = {1}, .stored_syntaxes = {"*"}};
        auto const stored = test::run(asked, file(c.name));
        REQUIRE(stored);
        test::temporary_folder const folder;
        std::ofstream(folder.path() / c.in, std::ios::binary)
            .write(reinterpret_cast<char const*>(stored->front().body.data()),
                   static_cast<std::streamsize>(stored->front().body.size()));
        REQUIRE(test::run({"opj_decompress", "-i", (folder.path() / c.in).string(), "-o",
                           (folder.path() / c.out).string()}) == 0);
        CHECK(frames_of(file(c.name), {1}).front() == samples_of_pnm(test::read_bytes(folder.path() / c.out)));
    }
}

TEST_CASE("a codestream that says unsigned where the data set says signed keeps its sign")
{
    auto const frame = frames_of(file("dicom/ct/J2K_pixelrep_mismatch.dcm")).front();
    std::int16_t least = 0;
    for (std::size_t i = 0; i + 1 < frame.size(); i += 2) {
        std::int16_t sample = 0;
        std::memcpy(&sample, frame.data() + i, sizeof sample);
        least = std::min(least, sample);
    }
    CHECK(least == -2000);  // padding outside of the circle
}
