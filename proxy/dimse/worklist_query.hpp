#pragma once

#include "mapping/data_set.hpp"
#include "mapping/matching.hpp"
#include "mapping/result.hpp"

#include <string>
#include <vector>

/// What a worklist query asks for (PS3.4 §K.4.1, Table K.6-1).
namespace pons::proxy::dimse {

struct worklist_asked {
    mapping::data_set identifier;          ///< as it came: what is to be returned
    std::vector<mapping::match_key> keys;  ///< all that have a value, whatever their attribute
    std::string charset;                   ///< for the answers: its own, or ISO_IR 192
};

/// Understands an identifier, every value of it. Errors as `add_keys`.
result<worklist_asked> to_worklist_query(mapping::data_set identifier);

/// Whether a scheduled procedure step is what was asked for: the date and time of its start, both ranges, as one range
/// (PS3.4 Table K.6-1). A key whose attribute an item does not have at all, not even empty, cannot be judged: the
/// worklist does not support it (`open`).
mapping::matched judge_item(worklist_asked const& query, mapping::data_set const& item);

}  // namespace pons::proxy::dimse
