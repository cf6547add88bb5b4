#pragma once

#include "mapping/result.hpp"
#include "render/image.hpp"
#include "render/syntax.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace pons::render {

/// The frames of Pixel Data (7FE0,0010) one after another, as they are stored; never more than one is held.
///
/// Native ones are cut by their size, single bits are shifted to the beginning of a byte (PS3.18 §8.7.3.3.2). Of
/// encapsulated ones all fragments of a frame are joined (PS3.5 §A.4): by the Basic or Extended Offset Table where one
/// is filled, else by the marker with which a JPEG codestream begins, else one fragment is one frame.
class frame_source {
public:
    /// `e` is the event with which pixel data begins; `extended` the value of (7FE0,0001), if it has come. `of` must
    /// have been checked, and outlive this.
    frame_source(element_reader& from, event const& e, image const& of, std::vector<std::byte> extended = {});

    /// From the beginning: pixel data that holds more than the frames of the image is malformed, which is said before
    /// the last frame is given. Only what can be told for sure passes: a fragment for each frame, or a codestream.
    void hold_to_their_number() { exact_ = true; }

    /// The next frame; it is valid until the next call. Errors: malformed, too_large, no_such_frame after the last.
    result<std::span<std::byte const>> next();
    /// Passes over so many frames. Errors as `next`.
    result<void> skip(std::uint64_t frames);

    std::uint32_t passed() const { return passed_; }
    bool at_end() const { return passed_ == of_.frames; }
    /// Whether the fragments have come to their end too: none is left over.
    bool fragments_ended() const { return ended_; }

private:
    result<void> start();
    result<void> native(bool wanted);
    bool take(std::span<std::byte> into);
    result<void> encapsulated(bool wanted);
    result<void> next_fragment();
    result<void> step(bool wanted);
    result<bool> begins_frame();
    bool has_codestreams() const;

    element_reader& from_;
    event pixels_;
    image const& of_;
    syntax syntax_;
    std::vector<std::byte> extended_;
    std::vector<std::uint64_t> starts_;  // of frames, where a table tells
    std::vector<std::byte> frame_;
    std::vector<std::byte> head_;    // the first bytes of the fragment at hand
    std::optional<std::byte> half_;  // of a word that two frames share
    std::byte last_{};               // byte that two frames of single bits share
    std::uint64_t offset_ = 0;       // of the fragment at hand, as tables count
    std::uint32_t fragment_ = 0;     // its length
    std::uint64_t read_ = 0;         // bytes of native pixel data
    std::uint32_t passed_ = 0;
    std::uint32_t beginnings_ = 0;  // of frames, as codestreams or fragments tell
    bool exact_ = false;
    bool started_ = false;
    bool ended_ = false;  // the sequence of fragments
};

}  // namespace pons::render
