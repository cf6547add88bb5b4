#pragma once

#include "mapping/codecs/zone.hpp"
#include "mapping/data_set.hpp"

#include <span>
#include <string>
#include <string_view>

/// From a Unified Procedure Step (PS3.4 Annex CC) to what a modality worklist tells of it (PS3.4 Table K.6-1).
namespace pons::mapping {

/// Where an attribute of the worklist comes from.
struct worklist_row {
    enum class place : std::uint8_t {
        item,  ///< of the worklist item itself
        step,  ///< of its Scheduled Procedure Step Sequence (0040,0100)
    };
    enum class way : std::uint8_t {
        as_it_is,
        code_value,    ///< Code Value of a code sequence, when it fits
        code_meaning,  ///< Code Meaning of one
        date_of,       ///< the date of a DT, where the modalities are
        time_of,       ///< and its time
        status,        ///< SCHEDULED, STARTED
    };

    tag attribute;
    vr as;
    std::string_view keyword;
    place in = place::item;
    tag from;
    std::string_view from_keyword;
    tag within{};  ///< the sequence of the workitem whose first item has `from`; none: the workitem
    way how = way::as_it_is;
};

std::span<worklist_row const> worklist_rows();

/// Attributes of patient and visit (groups 0010 and 0038), Study Instance UID, and the rows of the table; what the
/// workitem does not have is there, empty, so that a key for it does not match. The first that has a value wins where
/// several rows are for one attribute.
///
/// Start date and time of a step are what clocks show where the modalities are: a DT with an offset (PS3.5 §6.2) is
/// told as the clocks of `zone` show it; without a zone (null), and where that does not reach so far, as it is written.
data_set to_worklist_item(data_set const& workitem, codecs::zone const* zone);

/// The table as it stands in docs/mapping.md.
std::string describe_worklist();

}  // namespace pons::mapping
