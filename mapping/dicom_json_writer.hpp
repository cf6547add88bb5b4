#pragma once

#include "mapping/data_set.hpp"

#include <string>

/// Writes the DICOM JSON Model (PS3.18 Annex F).
namespace pons::mapping {

/// Whether values of `as` are bulk data, which a data set never holds: OB, OW and their like, UN.
bool is_bulk(vr as);

/// Appends `row` as one JSON object, attributes ascending by tag. An attribute without value has its vr alone, an empty
/// value among several is null. Integers and decimals are numbers where JSON has one for them ("004" and "1e5" are
/// text, as PS3.18 §F.2.3.1 allows; not-a-number and infinities are). Bulk data has no value, and no attribute at all
/// with `leave_out_bulk`.
void append_dicom_json(std::string& out, data_set const& row, bool leave_out_bulk = false);

}  // namespace pons::mapping
