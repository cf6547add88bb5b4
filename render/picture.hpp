#pragma once

#include "mapping/result.hpp"
#include "render/decode.hpp"
#include "render/image.hpp"
#include "render/job.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

/// From pixels to what people see: 8 bits of grey or of red, green and blue.
namespace pons::render {

struct picture {
    std::vector<std::byte> pixels;  ///< by rows, `samples` bytes each
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::uint32_t samples = 1;  ///< 1: grey, 3: RGB
};

/// Applies modality LUT, window or VOI LUT, palette and colour model, viewport and flips, by DCMTK's DicomImage
/// (PS3.3 §C.11.1, §C.11.2, §C.7.6.3.1.2). Overlays are not drawn, no text is burned in. Without a window, here or in
/// the image: from the least to the greatest value.
///
/// Errors: unsupported_syntax (DCMTK cannot show this kind), malformed (a viewport beyond the image), too_large.
result<picture> to_picture(image const& of, decoded const& frame, std::uint32_t number,
                           std::optional<viewport> const& into, std::optional<window> const& seen_by);

/// How much smaller a frame may be decoded for that viewport, as a power of two.
unsigned reduction(image const& of, std::optional<viewport> const& into);

/// Takes encoded bytes.
using byte_sink = std::function<void(std::span<std::byte const>)>;

/// libjpeg-turbo; `quality` 1 to 100. Errors: too_large (65,500 pixels in a direction).
result<void> write_jpeg(picture const& from, std::uint32_t quality, byte_sink const& to);
/// libpng, at a level at which compressing does not take longer than everything before.
result<void> write_png(picture const& from, byte_sink const& to);

/// An animated GIF by giflib: a frame is written and forgotten. Colours are quantized frame by frame.
class gif_writer {
public:
    gif_writer(byte_sink to, double frame_milliseconds);
    ~gif_writer();

    /// All of the size of the first. Errors: too_large, malformed.
    result<void> add(picture const& frame);
    result<void> finish();

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace pons::render
