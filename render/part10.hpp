#pragma once

#include "mapping/result.hpp"
#include "render/errc.hpp"
#include "render/streams.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pons::render {

/// File Meta Information (PS3.10 §7.1).
struct file_meta {
    std::string transfer_syntax_uid;
    std::string sop_class_uid;
    std::string sop_instance_uid;
    std::vector<std::byte> others;  ///< the elements after those, and before who wrote it, as they are
};

/// Reads preamble, prefix and group 0002; the data set follows in `from`.
/// Errors: malformed; too_large when the group has more than a mebibyte.
result<file_meta> read_meta(input& from);

/// Preamble, prefix and group 0002 in front of a data set in that transfer syntax, which we have written.
std::vector<std::byte> to_bytes(file_meta const& meta, std::string_view transfer_syntax_uid);

}  // namespace pons::render
