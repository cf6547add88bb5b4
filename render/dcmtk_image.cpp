#include "render/dcmtk_image.hpp"

#include "mapping/element_values.hpp"

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcitem.h>

namespace pons::render {

namespace {

using mapping::operator""_vr;

bool is_words(mapping::vr as)
{
    return as == "OW"_vr || as == "US"_vr || as == "SS"_vr;
}

/// Words, whatever 16-bit VR they are written in; UN of old data sets too, when DCMTK wants words there.
void put_words(look_element const& e, DcmItem& set)
{
    std::vector<Uint16> words;
    for (std::size_t i = 0; i + 1 < e.bytes.size(); i += 2)
        words.push_back(mapping::number<std::uint16_t>(e.bytes.data() + i, false));
    if (words.empty())
        return;
    auto const evr = e.vr == "SS"_vr ? EVR_SS : e.vr == "US"_vr ? EVR_US : EVR_OW;
    DcmTag const at(group(e.t), element_number(e.t), DcmVR(evr));
    if (evr == EVR_SS) {
        std::vector<Sint16> const values(words.begin(), words.end());
        set.putAndInsertSint16Array(at, values.data(), values.size());
    } else {
        set.putAndInsertUint16Array(at, words.data(), words.size());
    }
}

void put(look_element const& e, DcmItem& set)
{
    DcmTag const at(group(e.t), element_number(e.t));
    if (!e.items.empty()) {
        DcmItem* inside = nullptr;
        if (set.findOrCreateSequenceItem(at, inside).good())
            for (auto const& each : e.items.front())
                put(each, *inside);
        return;
    }
    if (is_words(e.vr) || (e.vr == "UN"_vr && !DcmVR(at.getEVR()).isaString()))
        return put_words(e, set);
    std::string const text(reinterpret_cast<char const*>(e.bytes.data()), e.bytes.size());
    set.putAndInsertString(at, text.c_str());
}

void put_text(DcmTagKey const& at, std::string const& own, std::string const& shared, DcmItem& set)
{
    auto const& text = own.empty() ? shared : own;
    if (!text.empty())
        set.putAndInsertString(at, text.c_str());
}

}  // namespace

void to_dcmtk(image const& of, std::uint32_t rows, std::uint32_t columns, std::uint32_t planar,
              std::string const& photometric, DcmItem& set)
{
    auto const number = [&](DcmTagKey const& at, std::uint32_t value) {
        set.putAndInsertUint16(at, static_cast<Uint16>(value));
    };
    number(DCM_SamplesPerPixel, of.samples);
    set.putAndInsertString(DCM_PhotometricInterpretation, photometric.c_str());
    if (of.samples > 1)
        number(DCM_PlanarConfiguration, planar);
    set.putAndInsertString(DCM_NumberOfFrames, "1");
    number(DCM_Rows, rows);
    number(DCM_Columns, columns);
    number(DCM_BitsAllocated, of.bits_allocated);
    number(DCM_BitsStored, of.bits_stored);
    number(DCM_HighBit, of.high_bit);
    number(DCM_PixelRepresentation, of.is_signed ? 1 : 0);
}

void look_to_dcmtk(image const& of, std::uint32_t frame, DcmItem& set)
{
    for (auto const& e : of.look)
        put(e, set);
    static frame_look const none;
    auto const& own = frame <= of.per_frame.size() ? of.per_frame[frame - 1] : none;
    put_text(DCM_RescaleSlope, own.slope, of.shared.slope, set);
    put_text(DCM_RescaleIntercept, own.intercept, of.shared.intercept, set);
    put_text(DCM_WindowCenter, own.center, of.shared.center, set);
    put_text(DCM_WindowWidth, own.width, of.shared.width, set);
    put_text(DCM_VOILUTFunction, own.voi_function, of.shared.voi_function, set);
}

}  // namespace pons::render
