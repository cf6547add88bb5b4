#include "render/byte_order.hpp"

#include <utility>

namespace pons::render {

std::size_t unit_of(mapping::vr as)
{
    using mapping::operator""_vr;
    switch (as) {
        case "US"_vr:
        case "SS"_vr:
        case "OW"_vr:
        case "AT"_vr:
            return 2;
        case "UL"_vr:
        case "SL"_vr:
        case "FL"_vr:
        case "OF"_vr:
        case "OL"_vr:
            return 4;
        case "FD"_vr:
        case "OD"_vr:
        case "OV"_vr:
        case "SV"_vr:
        case "UV"_vr:
            return 8;
        default:
            return 1;
    }
}

void swap_units(std::span<std::byte> bytes, std::size_t unit)
{
    if (unit < 2)
        return;
    for (std::size_t i = 0; i + unit <= bytes.size(); i += unit)
        for (std::size_t k = 0; k < unit / 2; ++k)
            std::swap(bytes[i + k], bytes[i + unit - 1 - k]);
}

}  // namespace pons::render
