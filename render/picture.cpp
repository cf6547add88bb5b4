#include "render/picture.hpp"

#include "render/dcmtk_image.hpp"

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmimage/diregist.h>
#include <dcmtk/dcmimgle/dcmimage.h>

#include <algorithm>
#include <cmath>

namespace pons::render {

namespace {

constexpr std::uint32_t longest_side = 32'768;
constexpr std::uint64_t most_pixels = 128u << 20;

struct region {
    long left = 0;
    long top = 0;
    unsigned long width = 0;
    unsigned long height = 0;
    bool flip_horizontally = false;
    bool flip_vertically = false;
};

std::optional<region> region_of(viewport const& v, unsigned long columns, unsigned long rows)
{
    auto const part = [](std::int32_t from, std::int32_t size, unsigned long whole) -> std::optional<unsigned long> {
        if (from < 0 || static_cast<unsigned long>(from) >= whole)
            return {};
        auto const rest = whole - static_cast<unsigned long>(from);
        auto const wanted = static_cast<unsigned long>(std::abs(std::int64_t{size}));
        return wanted == 0 ? rest : std::min(wanted, rest);
    };
    auto const width = part(v.left, v.source_width, columns);
    auto const height = part(v.top, v.source_height, rows);
    if (!width || !height)
        return {};
    return region{v.left, v.top, *width, *height, v.source_width < 0, v.source_height < 0};
}

/// linear-exact maps (center - width / 2, center + width / 2]; DCMTK has the other two.
bool set_window(DicomImage& shown, window const& w)
{
    shown.setVoiLutFunction(w.function == window::shape::sigmoid ? EFV_Sigmoid : EFV_Linear);
    if (w.function == window::shape::linear_exact)
        return shown.setWindow(w.center + 0.5, w.width + 1) != 0;
    return shown.setWindow(w.center, w.width) != 0;
}

/// The image's first window (PS3.3 §C.11.2.1.2).
std::optional<window> own_window(DcmItem& set)
{
    window w;
    OFString function;
    if (set.findAndGetFloat64(DCM_WindowCenter, w.center).bad() ||
        set.findAndGetFloat64(DCM_WindowWidth, w.width).bad() || !std::isfinite(w.center) || !(w.width > 0))
        return {};
    set.findAndGetOFString(DCM_VOILUTFunction, function);
    if (function == "SIGMOID")
        w.function = window::shape::sigmoid;
    if (function == "LINEAR_EXACT" || (w.width < 1 && w.function == window::shape::linear))
        w.function = window::shape::linear_exact;
    return w;
}

/// DCMTK rounds what the rescale yields to whole numbers, which leaves nothing of small ones. So a rescale is not given
/// to it but applied to the window, backwards.
void rescale_window(DcmItem& set, std::optional<window>& w)
{
    double slope = 1;
    double intercept = 0;
    if (set.tagExists(DCM_ModalityLUTSequence) || set.findAndGetFloat64(DCM_RescaleSlope, slope).bad() || slope == 1 ||
        !(slope > 0) || !std::isfinite(slope))
        return;
    set.findAndGetFloat64(DCM_RescaleIntercept, intercept);
    if (!w && set.tagExists(DCM_VOILUTSequence))
        return;
    set.findAndDeleteElement(DCM_RescaleSlope);
    set.findAndDeleteElement(DCM_RescaleIntercept);
    if (!w)
        return;
    if (w->function == window::shape::linear) {
        w->function = window::shape::linear_exact;
        w->center -= 0.5;
        w->width -= 1;
    }
    w->center = (w->center - intercept) / slope;
    w->width = w->width / slope;
}

void set_own_look(DicomImage& shown)
{
    if (shown.getVoiLutCount() == 0 || !shown.setVoiLut(0))
        shown.setMinMaxWindow(0);
}

void put_pixels(decoded const& frame, std::uint32_t bits, DcmDataset& set)
{
    auto bytes = frame.pixels;
    bytes.resize(bytes.size() + bytes.size() % 2);
    if (bits <= 8)
        set.putAndInsertUint8Array(DCM_PixelData, reinterpret_cast<Uint8 const*>(bytes.data()), bytes.size());
    else
        set.putAndInsertUint16Array(DCM_PixelData, reinterpret_cast<Uint16 const*>(bytes.data()), bytes.size() / 2);
}

}  // namespace

unsigned reduction(image const& of, std::optional<viewport> const& into)
{
    if (!into || into->left != 0 || into->top != 0 || into->source_width != 0 || into->source_height != 0)
        return 0;
    unsigned by = 0;
    // What is left is still at least twice as large as what is shown.
    while (by < 5 && of.columns >> (by + 2) >= into->width && of.rows >> (by + 2) >= into->height)
        ++by;
    return by;
}

result<picture> to_picture(image const& of, decoded const& frame, std::uint32_t number,
                           std::optional<viewport> const& into, std::optional<window> const& seen_by)
{
    auto const unsupported = fail(errc::unsupported_syntax, "PhotometricInterpretation (0028,0004)");
    DcmDataset set;
    to_dcmtk(of, frame.rows, frame.columns, frame.planar, frame.photometric, set);
    look_to_dcmtk(of, number, set);
    put_pixels(frame, of.bits_allocated, set);
    auto seen_through = seen_by ? seen_by : own_window(set);
    rescale_window(set, seen_through);
    auto shown = std::make_unique<DicomImage>(&set, EXS_LittleEndianExplicit, CIF_MayDetachPixelData, 0, 1);
    if (shown->getStatus() != EIS_Normal)
        return unsupported;

    auto const view = into.value_or(viewport{});
    auto const from = region_of(view, frame.columns, frame.rows);
    if (!from)
        return fail(errc::not_acceptable, "viewport");
    auto const aspect = shown->getHeightWidthRatio();
    double const tall = aspect > 0.05 && aspect < 20 && std::abs(aspect - 1) > 0.01 ? aspect : 1;
    auto const source_width = static_cast<double>(from->width);
    auto const source_height = static_cast<double>(from->height) * tall;
    double const scale = into ? std::min(view.width / source_width, view.height / source_height) : 1;
    auto const width = std::max(std::lround(source_width * scale), 1L);
    auto const height = std::max(std::lround(source_height * scale), 1L);
    if (width > longest_side || height > longest_side ||
        static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height) > most_pixels)
        return fail(errc::too_large, "viewport");

    bool const whole = from->width == frame.columns && from->height == frame.rows;
    if (!whole || static_cast<unsigned long>(width) != from->width ||
        static_cast<unsigned long>(height) != from->height) {
        shown.reset(shown->createScaledImage(from->left, from->top, from->width, from->height,
                                             static_cast<unsigned long>(width), static_cast<unsigned long>(height), 1,
                                             0));
        if (!shown || shown->getStatus() != EIS_Normal)
            return unsupported;
    }
    if (from->flip_horizontally || from->flip_vertically)
        shown->flipImage(from->flip_horizontally, from->flip_vertically);
    if (shown->isMonochrome()) {
        if (!seen_through || !set_window(*shown, *seen_through))
            set_own_look(*shown);
    }

    picture seen;
    seen.width = static_cast<std::uint32_t>(width);
    seen.height = static_cast<std::uint32_t>(height);
    seen.samples = shown->isMonochrome() ? 1 : 3;
    seen.pixels.resize(std::size_t{seen.width} * seen.height * seen.samples);
    if (shown->getOutputDataSize(8) != seen.pixels.size() ||
        !shown->getOutputData(seen.pixels.data(), seen.pixels.size(), 8, 0, 0))
        return unsupported;
    return seen;
}

}  // namespace pons::render
