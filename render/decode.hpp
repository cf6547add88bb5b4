#pragma once

#include "mapping/result.hpp"
#include "render/image.hpp"
#include "render/syntax.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

/// Frames as they are stored become native ones (PS3.5 §8.1): little endian, colours by pixel.
namespace pons::render {

struct decoded {
    std::vector<std::byte> pixels;  ///< as PS3.5 §8.1.1 has them, without padding
    std::uint32_t rows = 0;
    std::uint32_t columns = 0;
    std::uint32_t planar = 0;
    std::string photometric;  ///< of what is in `pixels` now
};

/// Decodes the frames of one image. `of` must have been checked, and outlive this.
class decoder {
public:
    explicit decoder(image const& of);

    /// Whether frames in this transfer syntax can be decoded at all.
    bool can() const { return syntax_.codec != codec::other; }

    /// Decodes one frame into `to`, whose memory is used again. `reduce`: the image may be smaller by two to that power
    /// in each direction, where the codec can do that for less work (JPEG 2000).
    ///
    /// Errors: unsupported_syntax, malformed, too_large. Every size in `stored` has been compared with the image's
    /// before a codec sees it.
    result<void> decode(std::span<std::byte const> stored, decoded& to, unsigned reduce = 0);

private:
    result<void> native(std::span<std::byte const> stored, decoded& to) const;

    image const& of_;
    syntax syntax_;
};

/// PS3.5 Annex G.
result<void> decode_rle(image const& of, std::span<std::byte const> stored, decoded& to);
/// By DCMTK: JPEG of 8 to 16 bits, lossless JPEG, JPEG-LS. YBR_FULL and YBR_FULL_422 become RGB where JPEG made them.
result<void> decode_jpeg(image const& of, std::span<std::byte const> stored, decoded& to);
/// By OpenJPEG: JPEG 2000 Part 1 and HTJ2K. YBR_ICT and YBR_RCT become RGB.
result<void> decode_jpeg_2000(image const& of, std::span<std::byte const> stored, decoded& to, unsigned reduce);

/// Puts DCMTK's codecs in place; before the sandbox is entered.
void register_codecs();

}  // namespace pons::render
