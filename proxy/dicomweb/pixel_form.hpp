#pragma once

#include "mapping/data_set.hpp"
#include "mapping/image_head.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace pons::proxy::dicomweb {

/// The form that pixel data takes in an instance (PS3.18 §10.5.2, Table 10.5.2-1; PS3.5 §A.4).
struct pixel_form {
    std::string transfer_syntax_uid;
    bool encapsulated = false;
    /// The stream must not be cut into fragments: RLE (PS3.5 §A.4.2), and MPEG but for the fragmentable transfer
    /// syntaxes.
    bool one_fragment = false;
    bool video = false;
    std::optional<mapping::image_head> image;  ///< what the stream says of itself, where Pons reads it
};

/// A form, or the failure reason of an instance whose pixel data is of none.
using found_form = tl::expected<pixel_form, std::uint16_t>;

/// Whether a media type is one of compressed images or video.
bool is_compressed(std::string_view content_type);

/// Which form a part is to have. Its media type says what it is; application/octet-stream, and none, is native unless a
/// transfer syntax is named. The syntax is the one of the `transfer-syntax` parameter, else `said` where it can be,
/// else the one that the stream shows, or the default of PS3.18 Table 8.7.3-5. The stream must not contradict it.
///
/// `beginning` is what has come of the part, and `whole` says that this is all. Nothing when more is needed, which is
/// never so once there is `longest_head` of it.
std::optional<found_form> form_of(std::string_view content_type, std::string_view said, std::string_view beginning,
                                  bool whole);

inline constexpr std::size_t longest_head = 1 << 20;

/// Adds what the stream of `form` says to the Image Pixel Description Macro where it is left out, and Lossy Image
/// Compression (0028,2110). 0 when all of it is there then, else the failure reason: something is missing or says
/// otherwise than the stream, or there are several frames, where the stream can only be one (PS3.18 §10.5.1.4).
/// `size`, where it is known, is that of native pixel data, and must be what the attributes say.
std::uint16_t complete_pixel_description(mapping::data_set& set, pixel_form const& form,
                                         std::optional<std::uint64_t> size);

}  // namespace pons::proxy::dicomweb
