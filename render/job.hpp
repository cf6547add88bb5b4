#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What the worker can be asked for. Plain values; `protocol.hpp` says how they travel.
namespace pons::render {

enum class job_kind {
    frames,     ///< pixel data of single frames, decoded or as stored (PS3.18 §10.4, "frames")
    render,     ///< an image for people (PS3.18 §8.3.5, §10.4.1.1.3)
    transcode,  ///< the instance again, in Explicit VR Little Endian, or `implicit_vr`
};

enum class image_format { jpeg, png, gif };

/// PS3.18 §8.3.5.1.3: the box of the answer, and which part of the image goes into it. The aspect ratio is kept.
struct viewport {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::int32_t left = 0;  ///< of the source region, from the image's left
    std::int32_t top = 0;
    std::int32_t source_width = 0;   ///< 0: the rest of the image; negative: flipped horizontally
    std::int32_t source_height = 0;  ///< 0: the rest of the image; negative: flipped vertically

    friend bool operator==(viewport const&, viewport const&) = default;
};

/// PS3.18 §8.3.5.1.4, by the functions of PS3.3 §C.11.2.1.2 and §C.11.2.1.3.
struct window {
    enum class shape { linear, linear_exact, sigmoid };
    double center = 0;
    double width = 1;  ///< positive; at least 1 when linear
    shape function = shape::linear;

    friend bool operator==(window const&, window const&) = default;
};

struct job {
    job_kind kind = job_kind::render;
    /// From 1, ascending, each once. Empty: every frame; rendering to jpeg or png: the representative one.
    std::vector<std::uint32_t> frames;
    /// frames: the transfer syntaxes in which they may be given as they are stored; "*" is any.
    std::vector<std::string> stored_syntaxes;
    /// frames: whether they may be given uncompressed, little endian (1.2.840.10008.1.2.1).
    bool native = true;
    /// The instance has as many frames as are listed, and no others: else it is malformed.
    bool exact = false;
    /// transcode: into Implicit VR Little Endian.
    bool implicit_vr = false;
    image_format format = image_format::jpeg;
    std::uint32_t quality = 90;  ///< 1 to 100, jpeg only
    std::optional<render::viewport> viewport;
    std::optional<render::window> window;

    friend bool operator==(job const&, job const&) = default;
};

/// What is known of a part of the answer before its bytes come.
struct part_info {
    std::string content_type;           ///< "image/jpeg", "application/octet-stream", "application/dicom"
    std::string transfer_syntax_uid;    ///< of frames and instances; empty for rendered images
    std::string sop_class_uid;          ///< of instances
    std::string sop_instance_uid;       ///< of instances
    std::uint32_t frame = 0;            ///< its number; 0: not one frame
    std::uint64_t data_set_offset = 0;  ///< of instances: where the data set begins

    friend bool operator==(part_info const&, part_info const&) = default;
};

}  // namespace pons::render
