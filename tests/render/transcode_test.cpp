#include "tests/render/jobs.hpp"
#include "tests/support/process.hpp"

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcfilefo.h>
#include <dcmtk/dcmdata/dcostrmb.h>

using namespace pons;
using test::bytes;
using test::file;

namespace {

bytes transcoded(std::string const& name)
{
    auto const got = test::run({.kind = render::job_kind::transcode}, file(name));
    REQUIRE_MESSAGE(got.has_value(), (got ? "" : got.error().code.message() + " " + got.error().where));
    REQUIRE(got->size() == 1);
    CHECK(got->front().info.content_type == "application/dicom");
    CHECK(got->front().info.transfer_syntax_uid == "1.2.840.10008.1.2.1");
    return got->front().body;
}

std::unique_ptr<DcmFileFormat> parsed(bytes const& instance, E_TransferSyntax as = EXS_LittleEndianExplicit)
{
    test::temporary_folder const folder;
    auto const path = folder.path() / "x.dcm";
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<char const*>(instance.data()), static_cast<std::streamsize>(instance.size()));
    auto read = std::make_unique<DcmFileFormat>();
    // All of it, since the file goes.
    REQUIRE(read->loadFile(path.c_str(), EXS_Unknown, EGL_noChange, 1 << 30).good());
    CHECK(read->getDataset()->getOriginalXfer() == as);
    return read;
}

/// An element as bytes. (DCMTK's own comparison of OB and OW elements crashes.)
std::string written(DcmElement& e)
{
    std::string room(std::size_t{e.calcElementLength(EXS_LittleEndianExplicit, EET_ExplicitLength)} + 64, '\0');
    DcmOutputBufferStream out(room.data(), static_cast<offile_off_t>(room.size()));
    e.transferInit();
    REQUIRE(e.write(out, EXS_LittleEndianExplicit, EET_ExplicitLength, nullptr).good());
    e.transferEnd();
    void* bytes = nullptr;
    offile_off_t size = 0;
    out.flushBuffer(bytes, size);
    return {static_cast<char const*>(bytes), static_cast<std::size_t>(size)};
}

/// The tags of the elements that are not equal, of the top level.
std::string differences(DcmItem& ours, DcmItem& theirs, bool with_pixels = true)
{
    std::string found;
    auto const look = [&](DcmItem& one, DcmItem& other, bool values) {
        for (unsigned long i = 0; i < one.card(); ++i) {
            auto* const e = one.getElement(i);
            DcmElement* same = nullptr;
            if (e->getETag() == 0 || (!with_pixels && e->getTag() == DCM_PixelData))
                continue;
            auto const there = other.findAndGetElement(e->getTag(), same).good() && same;
            if (!there || (values && written(*e) != written(*same)))
                found += e->getTag().toString();
        }
    };
    look(ours, theirs, true);
    look(theirs, ours, false);
    return found;
}

}  // namespace

TEST_CASE("what another encoding says is said again, element by element")
{
    // Enhanced and private sequences, single bits, documents, waveforms: everything that is not compressed.
    for (auto const* const name :
         {"pixels/mr/MR_small_implicit.dcm", "pixels/mr/MR_small_bigendian.dcm", "pixels/mr/emri_small_big_endian.dcm",
          "pixels/rt/rtdose_expb.dcm", "dicom/rt/rtdose.dcm", "dicom/rt/rtplan.dcm", "dicom/us/ExplVR_BigEnd.dcm",
          "pixels/encodings/image_dfl.dcm", "dicom/sr-ko/report_dfl.dcm", "dicom/studies/mri-ris/MR01.dcm",
          "dicom/studies/rt-breast/ct.0.dcm", "dicom/studies/rt-breast/rtplan.dcm", "dicom/mr/sample-dicom.dcm",
          "dicom/mr/examples_overlay.dcm", "pixels/encodings/SC_rgb_small_odd_big_endian.dcm"}) {
        CAPTURE(std::string(name));
        test::temporary_folder const folder;
        auto const reference = (folder.path() / "reference.dcm").string();
        REQUIRE(test::run({"dcmconv", "+te", (test::data / name).string(), reference}) == 0);
        auto const ours = parsed(transcoded(name));
        auto const theirs = parsed(test::read_bytes(reference));
        CHECK(differences(*ours->getDataset(), *theirs->getDataset()) == "");
    }
}

TEST_CASE("the same in Implicit VR Little Endian")
{
    for (auto const* const name :
         {"dicom/ct/CT_small.dcm", "pixels/mr/emri_small_big_endian.dcm", "pixels/rt/rtdose_expb.dcm",
          "dicom/rt/rtplan.dcm", "pixels/encodings/image_dfl.dcm", "dicom/sr-ko/report_dfl.dcm",
          "dicom/studies/mri-ris/MR01.dcm", "dicom/mr/examples_overlay.dcm", "dicom/ecg/waveform_ecg.dcm",
          "pixels/encodings/SC_rgb_small_odd_big_endian.dcm"}) {
        CAPTURE(std::string(name));
        test::temporary_folder const folder;
        auto const reference = (folder.path() / "reference.dcm").string();
        REQUIRE(test::run({"dcmconv", "+ti", (test::data / name).string(), reference}) == 0);
        auto const got = test::run({.kind = render::job_kind::transcode, .implicit_vr = true}, file(name));
        REQUIRE(got);
        CHECK(got->front().info.transfer_syntax_uid == "1.2.840.10008.1.2");
        auto const ours = parsed(got->front().body, EXS_LittleEndianImplicit);
        auto const theirs = parsed(test::read_bytes(reference), EXS_LittleEndianImplicit);
        CHECK(differences(*ours->getDataset(), *theirs->getDataset()) == "");
    }
}

TEST_CASE("an explicit little endian data set stays as it is, byte by byte")
{
    for (auto const* const name :
         {"dicom/ct/CT_small.dcm", "dicom/mr/MR_small.dcm", "dicom/pdf/pdf.dcm", "dicom/ecg/waveform_ecg.dcm",
          "dicom/odd/UN_sequence.dcm", "dicom/sr-ko/test-SR.dcm", "dicom/studies/slide/sm_image.dcm"}) {
        CAPTURE(std::string(name));
        auto const source = file(name);
        auto const got = test::run({.kind = render::job_kind::transcode}, source);
        REQUIRE(got);
        auto const& info = got->front().info;
        auto const ours = std::span(got->front().body).subspan(info.data_set_offset);
        CHECK(std::ranges::equal(ours, std::span(source).last(ours.size())));
        CHECK(source.size() - ours.size() < 1024);
    }
}

TEST_CASE("decompressing changes pixels and what describes them, nothing else")
{
    struct {
        char const* name;
        std::string changed;  // against the source, beside the pixels
    } const cases[] = {
        {"pixels/mr/MR_small_RLE.dcm", ""},
        {"pixels/mr/MR_small_jp2klossless.dcm", ""},
        {"pixels/mr/MR_small_jpeg_ls_lossless.dcm", ""},
        {"pixels/mr/emri_small_RLE.dcm", ""},
        {"dicom/mr/emri_small_jpeg_2k_lossless.dcm", ""},
        {"pixels/nm-pt/JPEG-LL.dcm", ""},
        {"dicom/seg/liver_rle.dcm", ""},
        {"pixels/us/OBXXXX1A_rle_2frame.dcm", ""},
        {"pixels/us/examples_ybr_color.dcm", "(0028,0004)"},
        {"pixels/us/examples_jpeg2k.dcm", "(0028,0004)"},
        {"pixels/encodings/SC_rgb_jpeg_dcmtk.dcm", "(0028,0004)"},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        auto const instance = transcoded(c.name);
        auto const ours = parsed(instance);
        DcmFileFormat source;
        REQUIRE(source.loadFile((test::data / c.name).c_str()).good());
        CHECK(differences(*ours->getDataset(), *source.getDataset(), false) == c.changed);
        CHECK(test::frames_of(instance) == test::frames_of(file(c.name)));

        // Native, of the length that its description says.
        DcmElement* pixels = nullptr;
        REQUIRE(ours->getDataset()->findAndGetElement(DCM_PixelData, pixels).good());
        std::size_t size = 0;
        for (auto const& frame : test::frames_of(file(c.name)))
            size += frame.size();
        CHECK(pixels->getLength() == size + size % 2);
    }
}

TEST_CASE("lossy compression stays known")
{
    auto const ours = parsed(transcoded("pixels/nm-pt/JPEG-lossy.dcm"));
    OFString lossy, method;
    ours->getDataset()->findAndGetOFString(DCM_LossyImageCompression, lossy);
    CHECK(lossy == "01");
}

TEST_CASE("what cannot be decoded fails before the first byte")
{
    auto const video = file("pixels/generated/video-h264.dcm");
    auto const got = test::run({.kind = render::job_kind::transcode}, video);
    REQUIRE(!got);
    CHECK(got.error().code == render::errc::unsupported_syntax);

    // Seven bits a sample, of which the codec knows other thresholds than the standard.
    auto const seven = test::run({.kind = render::job_kind::transcode}, file("pixels/encodings/JLSL_08_07_0_1F.dcm"));
    REQUIRE(!seven);
    CHECK(seven.error().code == render::errc::unsupported_syntax);

    // A codestream that is not one.
    auto broken = file("pixels/mr/MR_small_jp2klossless.dcm");
    static constexpr std::byte start[] = {std::byte{0xFF}, std::byte{0x4F}, std::byte{0xFF}, std::byte{0x51}};
    auto const codestream = std::ranges::search(broken, start).begin();
    REQUIRE(codestream != broken.end());
    std::fill(codestream + 4, codestream + 60, std::byte{0});
    test::collected to;
    test::memory_source source(broken);
    auto const done = render::run_job({.kind = render::job_kind::transcode}, source, to);
    REQUIRE(!done);
    CHECK(done.error().code == render::errc::malformed);
    CHECK(to.parts.empty());
}
