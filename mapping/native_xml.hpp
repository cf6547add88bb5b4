#pragma once

#include "mapping/data_set.hpp"
#include "mapping/dicom_json_writer.hpp"

#include <string>

/// Writes the Native DICOM Model (PS3.19 §A.1).
namespace pons::mapping {

/// Appends `row` as one XML document, attributes ascending by tag, with keywords where Pons knows them. Values that are
/// empty among several are left out, the numbers of the others stay. Bulk data as for `append_dicom_json`.
void append_native_xml(std::string& out, data_set const& row, bulk_style style = {});

}  // namespace pons::mapping
