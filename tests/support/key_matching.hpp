#pragma once

#include "mapping/data_set.hpp"
#include "mapping/find_request.hpp"
#include "tests/support/levels.hpp"

#include <string>
#include <string_view>

/// How an archive compares matching keys with what it stores (PS3.4 C.2.2.2). Written apart from the searches of Pons,
/// which are tested with it.
namespace pons::test {

struct matching_rules {
    bool names_without_case = false;    ///< Patient's Name: case does not count, accents do
    bool empty_value_matching = false;  ///< "" finds what is empty (PS3.4 C.2.2.2.7)
    bool counts_spaces = false;  ///< some SH and LO values are stored, and compared, with a space in front (PS3.5 §6.2)
    bool wildcards = true;       ///< else * and ? are letters like others
    bool uid_lists = true;       ///< else the first UID of a list alone counts
};

/// Whether `stored` meets one key; a key without value is met by everything.
bool meets(mapping::data_set const& stored, mapping::key const& key, matching_rules const& rules);

/// What is wrong with a request by the standard, "" when nothing is. `relational`: negotiated.
std::string fault_of(mapping::find_request const& request, bool relational, bool uid_lists_above);

}  // namespace pons::test
