#pragma once

#include "mapping/dicom_stream.hpp"

#include <string_view>

/// What transfer syntaxes mean here (PS3.5 §10 and Annex A, PS3.6 Table A-1, PS3.18 Table 8.7.3-5).
namespace pons::render {

/// How frames are packed.
enum class codec {
    native,
    rle,
    jpeg,
    jpeg_ls,
    jpeg_2000,  ///< and HTJ2K
    deflate,    ///< frame by frame
    other,      ///< not decoded here
};

struct syntax {
    std::string_view uid;
    mapping::encoding as = mapping::encoding::explicit_le;
    bool deflated = false;  ///< the data set as a whole
    render::codec codec = render::codec::other;
    std::string_view media_type = "application/octet-stream";  ///< of a frame as it is stored
    std::string_view lossy_method;  ///< PS3.3 §C.7.6.1.1.5.1; empty where the syntax alone does not tell
    bool one_stream = false;        ///< video: frames cannot be told apart
};

inline constexpr std::string_view implicit_vr_little_endian = "1.2.840.10008.1.2";
inline constexpr std::string_view explicit_vr_little_endian = "1.2.840.10008.1.2.1";

/// One that is not known is explicit little endian and not decoded, as compressed ones are (PS3.5 §A.4).
syntax syntax_of(std::string_view uid);

/// Whether it is known that pixel data in this transfer syntax is not decoded here. False for one that is not known.
bool is_never_decoded(std::string_view uid);

}  // namespace pons::render
