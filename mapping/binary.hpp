#pragma once

#include "mapping/dictionary.hpp"

namespace pons::mapping {

/// Whether values of this VR are bytes that nothing is known of: bulk data, which a data set holds no values of
/// (PS3.5 §6.2). A binary attribute that has a value all the same is not empty: its one value says where it is.
constexpr bool is_binary(vr as)
{
    return as == "OB"_vr || as == "OD"_vr || as == "OF"_vr || as == "OL"_vr || as == "OV"_vr || as == "OW"_vr ||
           as == "UN"_vr;
}

}  // namespace pons::mapping
