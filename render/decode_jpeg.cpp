#include "render/decode.hpp"

#include "render/dcmtk_image.hpp"

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dcxfer.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>

#include <memory>
#include <optional>

namespace pons::render {

namespace {

struct frame_header {
    std::uint32_t precision, rows, columns, samples;
    bool jpeg_ls;
    bool thresholds = false;  ///< of JPEG-LS, written down and not those by default
};

/// SOFn or SOF55 (ITU-T T.81 §B.2.2, T.87 §C.2.2), and what presets JPEG-LS has between that and its scan.
std::optional<frame_header> header_of(std::span<std::byte const> jpeg)
{
    constexpr std::uint32_t start_of_scan = 0xDA, end_of_image = 0xD9, sof55 = 0xF7, lse = 0xF8;
    auto const at = [&](std::size_t i) { return std::to_integer<std::uint32_t>(jpeg[i]); };
    std::optional<frame_header> found;
    std::size_t i = 2;
    if (jpeg.size() < 4 || at(0) != 0xFF || at(1) != 0xD8)
        return {};
    while (i + 4 <= jpeg.size()) {
        if (at(i) != 0xFF)
            return {};
        auto const marker = at(i + 1);
        if (marker == 0xFF) {  // fill byte
            ++i;
            continue;
        }
        auto const length = at(i + 2) << 8 | at(i + 3);
        bool const sof =
            (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC) || marker == sof55;
        if (sof) {
            if (length < 8 || i + 10 > jpeg.size())
                return {};
            found = {at(i + 4), at(i + 5) << 8 | at(i + 6), at(i + 7) << 8 | at(i + 8), at(i + 9), marker == sof55};
        }
        // Preset coding parameters: MAXVAL, T1, T2, T3, RESET; 0 is the default (T.87 §C.2.4.1.1).
        if (marker == lse && found && length >= 13 && i + 15 <= jpeg.size() && at(i + 4) == 1)
            found->thresholds = (at(i + 7) | at(i + 8)) != 0;
        if ((found && !found->jpeg_ls) || length < 2 || marker == start_of_scan || marker == end_of_image)
            return found;
        i += 2 + length;
    }
    return found;
}

/// Below 8 bits the codec has other default thresholds than the standard (T.87 §C.2.4.1.1.1): most of what it is given
/// it refuses as invalid, and what it does not refuse may come out wrong.
bool is_beyond_the_codec(frame_header const& frame)
{
    return frame.jpeg_ls && frame.precision < 8 && !frame.thresholds;
}

}  // namespace

void register_codecs()
{
    DJDecoderRegistration::registerCodecs(EDC_photometricInterpretation, EUC_never, EPC_colorByPixel);
    DJLSDecoderRegistration::registerCodecs(EJLSUC_never, EJLSPC_colorByPixel);
}

result<void> decode_jpeg(image const& of, std::span<std::byte const> stored, decoded& to)
{
    auto const wrong = fail(errc::malformed, "PixelData (7FE0,0010)");
    if (of.bits_allocated != 8 && of.bits_allocated != 16)
        return fail(errc::unsupported_syntax, "BitsAllocated (0028,0100)");
    auto const size = header_of(stored);
    if (!size || size->rows != of.rows || size->columns != of.columns || size->samples != of.samples ||
        size->precision > of.bits_allocated)
        return wrong;
    if (is_beyond_the_codec(*size))
        return fail(errc::unsupported_syntax, "JPEG-LS of less than 8 bits");

    DcmDataset set;
    auto const xfer = DcmXfer(of.transfer_syntax_uid.c_str()).getXfer();
    to_dcmtk(of, of.rows, of.columns, of.planar, of.photometric, set);
    auto sequence = std::make_unique<DcmPixelSequence>(DcmTag(DCM_PixelData, EVR_OB));
    sequence->insert(new DcmPixelItem(DcmTag(DCM_PixelItemTag, EVR_OB)));
    auto* const fragment = new DcmPixelItem(DcmTag(DCM_PixelItemTag, EVR_OB));
    sequence->insert(fragment);
    Uint8* room = nullptr;
    if (fragment->createUint8Array(static_cast<Uint32>(stored.size() + stored.size() % 2), room).bad())
        return fail(errc::out_of_memory);
    std::memcpy(room, stored.data(), stored.size());
    if (stored.size() % 2 != 0)
        room[stored.size()] = 0;
    auto pixels = std::make_unique<DcmPixelData>(DcmTag(DCM_PixelData, EVR_OB));
    pixels->putOriginalRepresentation(xfer, nullptr, sequence.release());
    auto* const data = pixels.get();
    if (set.insert(pixels.release()).bad())
        return fail(errc::out_of_memory);

    // Colours of 4:2:2 come out whole.
    auto const bytes = std::uint64_t{of.rows} * of.columns * of.samples * (of.bits_allocated / 8);
    to.pixels.resize(bytes + bytes % 2);
    Uint32 first = 0;
    OFString model;
    auto const done =
        data->getUncompressedFrame(&set, 0, first, to.pixels.data(), static_cast<Uint32>(to.pixels.size()), model);
    if (done.bad())
        return wrong;
    to.pixels.resize(bytes);
    to.photometric = model;
    return {};
}

}  // namespace pons::render
