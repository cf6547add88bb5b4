#pragma once

#include "mapping/data_set.hpp"
#include "mapping/dicom_stream.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

/// The results of all C-FINDs: what was asked for, and nothing else (PS3.4 C.4.1.1.3.2).
namespace pons::proxy::dimse {

/// Adds attribute `t` of `from` to `row`, empty where `from` is null or does not have it. Of the items of a sequence
/// what its item in `identifier` names, or all of them where that names nothing.
void add_asked(mapping::tag t, mapping::vr as, mapping::data_set const* from, mapping::data_set const& identifier,
               mapping::data_set& row);

/// In `charset` where that has all that is to be said, else in ISO_IR 192.
std::vector<std::byte> write_answer(mapping::data_set const& row, mapping::encoding as, std::string_view charset);

}  // namespace pons::proxy::dimse
