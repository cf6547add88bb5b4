#pragma once

#include "mapping/data_set.hpp"

#include <string>
#include <string_view>

/// Writes the DICOM JSON Model (PS3.18 Annex F).
namespace pons::mapping {

/// Whether values of `as` are bulk data, which a data set never holds, only the place of it (mapping/binary.hpp): OB,
/// OW and their like, UN.
bool is_bulk(vr as);

/// Whether the place of bulk data is the data itself, in base64 behind `inline_binary`.
bool is_inline(std::string_view place);
inline constexpr std::string_view inline_binary = "data:;base64,";

/// Appends `row` as one JSON object, attributes ascending by tag. An attribute without value has its vr alone, an empty
/// value among several is null. Integers and decimals are numbers where JSON has one for them ("004" and "1e5" are
/// text, as PS3.18 §F.2.3.1 allows; not-a-number and infinities are). Bulk data has no value, but
/// InlineBinary or BulkDataURI where its place is known; with `leave_out_bulk` only InlineBinary, else no attribute at
/// all.
void append_dicom_json(std::string& out, data_set const& row, bool leave_out_bulk = false);

}  // namespace pons::mapping
