#pragma once

#include "mapping/dicom_stream.hpp"
#include "upstream/dimse/wire/uids.hpp"

#include <string_view>

namespace pons::upstream::dimse {

/// How data sets are written in a context of an uncompressed transfer syntax (PS3.5 Annex A).
inline mapping::encoding encoding_of(std::string_view transfer_syntax)
{
    if (transfer_syntax == uids::implicit_vr_little_endian)
        return mapping::encoding::implicit_le;
    return transfer_syntax == uids::explicit_vr_big_endian ? mapping::encoding::explicit_be
                                                           : mapping::encoding::explicit_le;
}

}  // namespace pons::upstream::dimse
