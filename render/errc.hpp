#pragma once

#include <system_error>

namespace pons::render {

/// Why no pixels came. The numbers travel between the worker and its client (render/protocol.hpp).
enum class errc {
    unsupported_syntax = 1,  ///< a transfer syntax or a kind of pixel data that cannot be decoded here
    no_pixel_data,           ///< the instance has none: a document, a waveform, a plan
    no_such_frame,           ///< a frame number beyond those that the instance has
    not_acceptable,          ///< none of the forms asked for can be made of this instance
    malformed,               ///< not a PS3.10 instance, or one that contradicts itself
    too_deep,                ///< sequences nested deeper than the limit
    too_large,               ///< more pixels, elements or bytes than the limits allow
    out_of_memory,           ///< more than the worker may have
    out_of_time,             ///< the job's deadline passed, or the worker used up its CPU time
    bad_request,             ///< the request itself cannot be understood: another version, or a bug
    crashed,                 ///< the worker ended in the middle of the job
    unavailable,             ///< no worker could be started
};

std::error_category const& error_category();

inline std::error_code make_error_code(errc code)
{
    return {static_cast<int>(code), error_category()};
}

}  // namespace pons::render

template <>
struct std::is_error_code_enum<pons::render::errc> : std::true_type {
};
