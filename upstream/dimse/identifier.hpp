#pragma once

#include "mapping/data_set.hpp"
#include "mapping/find_request.hpp"
#include "upstream/archive.hpp"

#include <span>
#include <string>
#include <string_view>

/// Identifiers of C-FIND, C-GET and C-MOVE requests (PS3.4 C.4, C.6.2).
namespace pons::upstream::dimse {

/// What keys without value are sent with (PS3.4 C.2.2.2.3).
enum class universal_keys {
    empty,
    star,          ///< for archives that take an empty key as a search for empty values
    star_in_texts  ///< only where "*" is legal (C.2.2.2.4), and in UIDs
};

/// The identifier for `request`: Query/Retrieve Level, its keys, its return keys without value, and always Specific
/// Character Set, empty (some archives tell theirs only when asked; a query that is not ASCII fills it in) unless
/// `charset` says in which one the keys go out. Sequences are always empty.
///
/// Attributes of another level are left out, save the UIDs above: the model is hierarchical, and archives refuse or
/// misread the rest. Leaving out a matching key only widens the answer.
mapping::data_set to_identifier(mapping::find_request const& request, universal_keys universal = universal_keys::empty,
                                std::string_view charset = {});

/// The identifier of a C-GET or C-MOVE: level and unique keys, nothing else (PS3.4 C.4.2.1.4.1, C.4.3.1.3.1); an
/// explicit UI holds 1,000 of the longest UIDs. With
/// frames it is one of the Composite Instance Root (PS3.4 Y.4.2.1.3.1): FRAME level, the instance, a simple frame list.
mapping::data_set to_identifier(retrieve_request const& request);

/// That of a C-GET without bulk data (PS3.4 Z.4.2.1.3.1). An explicit UI holds 1,000 of the longest UIDs.
mapping::data_set to_identifier(std::span<std::string const> sop_instance_uids);

/// Which frames are wanted (PS3.4 §Y.3.2.1.1); in which transfer syntaxes the archive can hand out an instance (PS3.4
/// C.6.1.1.5.2).
inline constexpr mapping::tag simple_frame_list{0x00081161};
inline constexpr mapping::tag available_transfer_syntax_uid{0x00083002};

}  // namespace pons::upstream::dimse
