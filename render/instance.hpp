#pragma once

#include "mapping/result.hpp"
#include "render/element_reader.hpp"
#include "render/frame_source.hpp"
#include "render/image.hpp"
#include "render/inflate.hpp"
#include "render/part10.hpp"
#include "render/syntax.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace pons::render {

/// An instance whose bytes come from a source: its meta information, then its elements.
class instance {
public:
    explicit instance(byte_source& from) : raw_(from) {}

    /// Reads the meta information. Errors: as `read_meta`.
    result<void> open();

    file_meta const& meta() const { return meta_; }
    render::syntax const& syntax() const { return syntax_; }
    element_reader& elements() { return *elements_; }
    /// Passes over whatever is left.
    void pass_over_rest();

private:
    input raw_;
    file_meta meta_;
    render::syntax syntax_;
    std::unique_ptr<inflating_source> inflated_;
    std::optional<input> inside_;
    std::optional<element_reader> elements_;
};

/// An image at the beginning of its pixel data.
struct opened_image {
    image of;
    event pixels;                             ///< Pixel Data, Float or Double Float Pixel Data
    std::vector<std::byte> extended_offsets;  ///< (7FE0,0001)
};

/// Reads up to the pixel data. Errors: no_pixel_data, those of `element_reader::next`, of `check`.
result<opened_image> find_pixels(instance& in, bool with_look);

/// What is done with a frame: its number, from 1, and its bytes as they are stored, valid during the call.
using frame_taker = std::function<result<void>(std::uint32_t number, std::span<std::byte const> stored)>;

/// Hands on the frames with these numbers (ascending, each once), or all of them when there are none. Behind the last
/// frame of the image the rest of the instance is passed over. Errors: as `frame_source::next`; those of `take`.
/// `exact`: malformed, before the last frame is handed on, when there are not as many frames as numbers, in whatever
/// says how many there are.
result<void> each_frame(instance& in, opened_image const& found, std::vector<std::uint32_t> const& numbers, bool exact,
                        frame_taker const& take);

/// Takes the value of `e` for the collector, in little endian. Errors: as `image_collector::take`.
result<std::vector<std::byte>> little_endian_value(element_reader& from, event const& e, std::uint32_t limit);

}  // namespace pons::render
