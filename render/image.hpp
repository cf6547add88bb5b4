#pragma once

#include "mapping/result.hpp"
#include "render/element_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// What has to be known of an image before its pixels come (PS3.3 §C.7.6.3 and the modules that say how it looks).
namespace pons::render {

/// What frames can have of their own (PS3.3 §C.7.6.16: Pixel Value Transformation, Frame VOI LUT).
struct frame_look {
    std::string slope, intercept;             // as written
    std::string center, width, voi_function;  // as written
};

/// An element for DCMTK, little endian. `items`: of a sequence.
struct look_element {
    tag t{};
    mapping::vr vr{};
    std::vector<std::byte> bytes;
    std::vector<std::vector<look_element>> items;
};

struct image {
    std::string transfer_syntax_uid;
    std::uint32_t rows = 0;
    std::uint32_t columns = 0;
    std::uint32_t samples = 1;
    std::uint32_t bits_allocated = 0;
    std::uint32_t bits_stored = 0;
    std::uint32_t high_bit = 0;
    bool is_signed = false;
    std::uint32_t planar = 0;
    std::string photometric;
    std::uint32_t frames = 1;
    std::uint32_t representative_frame = 1;
    double frame_milliseconds = 100;
    bool lossy_known = false;        ///< Lossy Image Compression (0028,2110) has a value
    std::vector<look_element> look;  ///< palette, window, VOI and modality LUT, aspect: only what rendering needs
    frame_look shared;
    std::vector<frame_look> per_frame;   ///< none, or in the order of frames
    std::uint32_t described_frames = 0;  ///< items of Per-Frame Functional Groups Sequence (5200,9230)

    /// Bits of a frame when it is not compressed; the pairs of YBR_FULL_422 share their colours.
    std::uint64_t frame_bits() const;
    std::uint64_t frame_bytes() const { return (frame_bits() + 7) / 8; }
};

struct image_limits {
    std::uint64_t frame_bytes = 256u << 20;  ///< of a frame, decoded
    std::uint32_t frames = 1'000'000;
    std::uint64_t look_bytes = 16u << 20;
};

/// Errors: no_pixel_data (no Rows or Columns), malformed (values that contradict each other), too_large.
result<void> check(image const& of, image_limits const& limits = {});

/// Picks an image's description out of the events of its data set.
class image_collector {
public:
    explicit image_collector(image& into, bool with_look) : into_(into), with_look_(with_look) {}

    /// For every event before pixel data. True when `take` wants the value of this one.
    bool wants(event const& e);
    /// The value, little endian. Errors: too_large (look_bytes).
    result<void> take(event const& e, std::vector<std::byte> value);

private:
    struct place {
        tag sequence{};
        std::uint32_t items = 0;
    };
    frame_look* frame();

    image& into_;
    bool with_look_;
    std::vector<place> path_;
    std::uint64_t held_ = 0;
};

}  // namespace pons::render
