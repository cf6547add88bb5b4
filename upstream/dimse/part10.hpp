#pragma once

#include "upstream/archive.hpp"

#include <cstddef>
#include <vector>

namespace pons::upstream::dimse {

/// What stands before the data set in a PS3.10 file: preamble, prefix "DICM" and group 0002 (PS3.10 §7.1), with our
/// own implementation UID and name. `head.data_set_offset` is not looked at: it is the size of the answer.
std::vector<std::byte> part10_header(part_head const& head);

}  // namespace pons::upstream::dimse
