#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

/// What the beginning of a compressed image says, for its Image Pixel Description Macro (PS3.3 §C.7.6.3; PS3.18
/// §10.5.2) and its transfer syntax (PS3.5 §8.2, §A.4).
namespace pons::mapping {

struct image_head {
    std::string_view transfer_syntax_uid;  ///< the one for it; also others may be (`may_be`)
    std::uint16_t rows = 0;
    std::uint16_t columns = 0;
    std::uint16_t samples = 0;  ///< 1 or 3
    std::uint16_t bits = 0;     ///< stored, of one sample
    bool is_signed = false;
    bool lossy = false;
    std::string_view photometric_interpretation;
    std::size_t begins = 0;             ///< where the code stream begins: behind 0 bytes, or in a JP2 box
    std::optional<std::size_t> length;  ///< of the code stream, where a box says it; else it ends with the file

    friend bool operator==(image_head const&, image_head const&) = default;
};

enum class image_look {
    found,
    more,  ///< it says too little so far
    none,  ///< no such image, or one that DICOM has no transfer syntax or photometric interpretation for
};

/// JPEG and JPEG-LS (ISO 10918-1, ISO 14495-1): `beginning` is what is there, up to the first scan. Not for DICOM:
/// progressive and hierarchical processes, whose transfer syntaxes are retired, arithmetic coding, four components.
///
/// Three components are YBR, with halved chrominance YBR_FULL_422, unless an Adobe segment or their names say RGB;
/// those without loss and of JPEG-LS are RGB.
image_look look_at_jpeg(std::span<std::byte const> beginning, image_head& into);

/// A JPEG 2000 code stream (ISO 15444-1 §A), or the one in a JP2 file (§I), which DICOM takes without that file
/// (PS3.5 §A.4.4); HTJ2K (ISO 15444-15) too.
image_look look_at_jpeg_2000(std::span<std::byte const> beginning, image_head& into);

/// Whether an image may be sent with this transfer syntax: that of its process, or a wider one that holds it.
bool may_be(image_head const& image, std::string_view transfer_syntax_uid);

}  // namespace pons::mapping
