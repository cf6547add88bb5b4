#pragma once

#include <system_error>

namespace pons::mapping {

/// Why bytes are not a data set that we read.
enum class stream_errc {
    malformed_data_set = 1,  ///< a length beyond the end, a missing delimiter, an item where none can be (PS3.5 §7)
    too_deep,                ///< sequences nested deeper than the limit
    too_many_elements,       ///< more elements and items than the limit
    too_large,               ///< more bytes than the limit
};

std::error_category const& stream_error_category();

inline std::error_code make_error_code(stream_errc code)
{
    return {static_cast<int>(code), stream_error_category()};
}

}  // namespace pons::mapping

template <>
struct std::is_error_code_enum<pons::mapping::stream_errc> : std::true_type {
};
