#pragma once

#include "mapping/data_set.hpp"
#include "mapping/result.hpp"

#include <string_view>

/// Reads the Native DICOM Model (PS3.19 §A.1).
namespace pons::mapping {

struct native_xml_found {
    data_set set;
    /// False when something in it could not be taken as it is said: elements that are none of the model, values in an
    /// attribute that cannot have them, a tag twice, sequences deeper than `dicom_json_reader::max_depth`, more
    /// attributes than its `max_attributes`.
    bool whole = true;
};

/// Reads one document as `dicom_json_reader::keep::instances` reads a data set: a value that is elsewhere, or inline,
/// has its place as its one value. Private attributes get a block of their Private Creator (PS3.5 §7.8.1): that of
/// their tag, where it has one and it is free, else the next one.
///
/// Errors: mapping::errc::invalid_value for what is no XML, has a document type declaration (nothing is expanded or
/// fetched), or is of another model. `where` has no value of it.
result<native_xml_found> read_native_xml(std::string_view xml);

}  // namespace pons::mapping
