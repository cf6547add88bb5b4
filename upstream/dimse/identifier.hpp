#pragma once

#include "mapping/data_set.hpp"
#include "mapping/find_request.hpp"

/// Identifiers of C-FIND requests (PS3.4 C.4.1.1.3, C.6.2).
namespace pons::upstream::dimse {

/// The identifier for `request`: Query/Retrieve Level, its keys, its return keys without value, and always Specific
/// Character Set, empty (some archives tell theirs only when asked; a query that is not ASCII fills it in).
///
/// Attributes of another level are left out, save the UIDs above: the model is hierarchical, and archives refuse or
/// misread the rest. Leaving out a matching key only widens the answer.
mapping::data_set to_identifier(mapping::find_request const& request);

/// Whether the attribute may stand in an identifier at that level of the Study Root model.
bool belongs_at(mapping::tag attribute, mapping::level at);

}  // namespace pons::upstream::dimse
