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

/// What is written of bulk data that is elsewhere; what is at hand always is InlineBinary.
struct bulk_style {
    bool left_out = false;  ///< no attribute at all
    /// Not empty: BulkDataURI is this, behind it tags and item numbers ("54000100.1.54001010", mapping/bulk_place.hpp),
    /// instead of what its place says. Pixel Data (7FE0,0010) of the instance itself is left out then: it is asked for
    /// by frames.
    std::string_view below;
};
inline constexpr bulk_style without_bulk{.left_out = true, .below = {}};

/// Appends `row` as one JSON object, attributes ascending by tag. An attribute without value has its vr alone, an empty
/// value among several is null. Integers and decimals are numbers where JSON has one for them ("004" and "1e5" are
/// text, as PS3.18 §F.2.3.1 allows; not-a-number and infinities are). Bulk data has no value, but
/// InlineBinary or BulkDataURI where its place is known, as `style` says.
void append_dicom_json(std::string& out, data_set const& row, bulk_style style = {});

/// What stands for the bulk data at `t` of `row`, itself at `way` ("54000100.1."), or nothing; `leave_out`: no
/// attribute at all.
struct bulk_value {
    bool leave_out = false;
    std::string inline_data;  ///< base64
    std::string uri;
};
bulk_value to_bulk_value(data_set const& row, tag t, bulk_style style, std::string_view way);

}  // namespace pons::mapping
