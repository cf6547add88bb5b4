#pragma once

#include "mapping/data_set.hpp"
#include "mapping/matching.hpp"
#include "mapping/result.hpp"

#include <string>
#include <vector>

/// What the identifiers of all C-FINDs have in common (PS3.4 C.2.2.2).
namespace pons::proxy::dimse {

/// Adds the matching keys of one attribute of `identifier`, or of the one item of a sequence (PS3.4 C.2.2.2.6). Keys
/// that match everything add nothing. Several values are a list of UIDs; of other texts one of them is enough, though
/// the standard has no such key: many ask so for modalities.
///
/// Errors: mapping::errc::invalid_value (a value that nothing can match, more than one item), too_long (more than 64
/// keys, or more than 8 sequences in one another); `where` names the attribute and never a value.
result<void> add_keys(mapping::data_set const& identifier, mapping::tag t, mapping::vr as, bool is_sequence,
                      std::vector<mapping::match_key>& to);

/// The character set to answer in: that of the identifier by what it means, or ISO_IR 192 where it has none, or one
/// that DICOM has no term for (PS3.4 C.4.1.1.3.2).
std::string charset_of(mapping::data_set const& identifier);

}  // namespace pons::proxy::dimse
