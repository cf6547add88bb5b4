#include "render/vr_dictionary.hpp"

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dcdicent.h>
#include <dcmtk/dcmdata/dcdict.h>

namespace pons::render {

namespace {

using mapping::operator""_vr;

}  // namespace

bool load_dictionary()
{
    return dcmDataDict.isDictionaryLoaded();
}

mapping::vr vr_by_dictionary(mapping::tag t, bool pixels_are_signed)
{
    if (group(t) % 2 != 0)
        return element_number(t) >= 0x10 && element_number(t) <= 0xFF ? "LO"_vr : "UN"_vr;
    if (element_number(t) == 0)
        return "UL"_vr;
    auto const& dictionary = dcmDataDict.rdlock();
    auto const* const entry = dictionary.findEntry(DcmTagKey(group(t), element_number(t)), nullptr);
    auto const known = entry ? entry->getEVR() : EVR_UN;
    auto const name = DcmVR(entry ? entry->getVR() : DcmVR(EVR_UN)).getValidVRName();
    dcmDataDict.rdunlock();
    switch (known) {
        case EVR_xs:
            return pixels_are_signed ? "SS"_vr : "US"_vr;
        case EVR_ox:
        case EVR_px:
        case EVR_lt:
        case EVR_PixelData:
        case EVR_OverlayData:
            return "OW"_vr;
        case EVR_up:
            return "UL"_vr;
        case EVR_na:
        case EVR_UNKNOWN:
        case EVR_UNKNOWN2B:
            return "UN"_vr;
        default:
            return mapping::vr_of(name[0], name[1]);
    }
}

}  // namespace pons::render
