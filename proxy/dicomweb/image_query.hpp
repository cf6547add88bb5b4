#pragma once

#include "mapping/result.hpp"
#include "proxy/http/exchange.hpp"
#include "render/job.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What is asked of rendered images, thumbnails and frames (PS3.18 §8.3.5, §8.7.3, §10.4): requests become jobs.
namespace pons::proxy::dicomweb {

/// "3,1,7": ascending, each once. Errors: mapping::errc::invalid_value (not a list of numbers from 1, or more than
/// 4096).
result<std::vector<std::uint32_t>> parse_frame_list(std::string_view list);

/// /rendered: the media type by Accept, or the `accept` parameter in its stead (image/jpeg, image/png, image/gif; JPEG
/// when it is open), `viewport`, `window`, `quality`. `annotation`, `iccprofile` and `charset` change nothing: no text
/// is burned in, and no profile is applied; `remarks` gets what a Warning has to say of that (PS3.18 §8.3.5.1.1).
///
/// Errors: mapping::errc::invalid_value (`where` names the parameter), mapping::errc::not_acceptable.
result<render::job> to_rendered_job(http::request const& req, std::vector<std::uint32_t> frames,
                                    std::vector<std::string>& remarks);

/// /thumbnail: one image, within 128 x 128 pixels unless `viewport` says a size. Errors: as above.
result<render::job> to_thumbnail_job(http::request const& req, std::vector<std::uint32_t> frames);

struct frames_request {
    render::job job;
    bool single_part = false;  ///< the bare frame, when there is one
    /// Not empty: that holds for a frame in one of these transfer syntaxes, and for all others the contrary.
    std::vector<std::string> only_of = {};
};

/// /frames/{list}: in which transfer syntaxes pixel data may come. No Accept, `*/*`, application/octet-stream without
/// transfer-syntax: decoded, little endian. transfer-syntax=*: as stored. A media type of compressed images without it:
/// every transfer syntax of that media type (the standard's default is one of them). Where the best members take no
/// frame that is decoded, those of the other form, the bare frame or parts, are taken as well (PS3.18 §8.7.6).
///
/// Errors: mapping::errc::not_acceptable.
result<frames_request> to_frames_job(http::request const& req, std::vector<std::uint32_t> frames);

}  // namespace pons::proxy::dicomweb
