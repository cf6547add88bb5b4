#pragma once

#include "mapping/result.hpp"
#include "upstream/archive.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace pons::upstream::dicomweb {

/// The beginning of a PS3.10 file: preamble, prefix and group 0002 (PS3.10 §7.1), whatever Group Length says.
///
/// The SOP Class and Instance UIDs are those of the data set (0008,0016) and (0008,0018), which archives go by, where
/// they can be read: some archives keep a group 0002 that says otherwise. Else, and in deflated data sets, those of
/// group 0002.
///
/// `bytes` is all that is there of the file so far, and `whole` says that no more comes; nothing when that is too
/// little. `transfer_syntax` is what the Content-Type of the part said, for files that do not say it themselves.
///
/// Errors: errc::malformed (no such file, or one without SOP Class, SOP Instance or Transfer Syntax UID),
/// errc::too_large (more than `max_file_head` before the data set).
result<std::optional<part_head>> read_file_head(std::span<std::byte const> bytes, std::string_view transfer_syntax,
                                                bool whole = false);

inline constexpr std::size_t max_file_head = 64 * 1024;

}  // namespace pons::upstream::dicomweb
