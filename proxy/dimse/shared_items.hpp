#pragma once

#include "mapping/data_set.hpp"

#include <cstddef>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

/// Scheduled procedure steps that several worklists tell.
namespace pons::proxy::dimse {

/// By what a step is known. Empty members are not.
struct step_identity {
    std::string step_id;    ///< Scheduled Procedure Step ID (0040,0009), unique below a requested procedure
    std::string study_uid;  ///< of the requested procedure
    std::string accession;
    mapping::data_set accession_issuer;
};
step_identity identity_of(mapping::data_set const& item);

/// Whether two worklists mean the same step: the same Scheduled Procedure Step ID, and the same Study Instance UID or
/// the same Accession Number, whose issuers do not differ.
bool are_same(step_identity const& a, step_identity const& b);

struct worklist_answer {
    mapping::data_set answer;  ///< what was asked for
    step_identity step;
    bool in_full = true;  ///< every key was judged
};

/// Whether `a` tells all that `b` does, and nothing else of the same attributes: what `b` has is empty, or equal; a
/// time may be the same one, more precise.
bool covers(mapping::data_set const& a, mapping::data_set const& b);

/// The items of several worklists. A step that two of them tell is one row, the one that covers the other. Where they
/// contradict each other both are rows: which is right cannot be known here, and whoever looks at the list has to see
/// it. Of one worklist nothing is merged.
class shared_items {
public:
    /// Those of one more worklist.
    void add(std::vector<worklist_answer> items);

    /// All of them, in the order in which they came.
    std::vector<worklist_answer> take() { return std::move(items_); }

private:
    /// Whether a worklist before has told it; or less, which it then takes the place of.
    bool is_told(worklist_answer const& item);

    std::vector<worklist_answer> items_;
    std::unordered_multimap<std::string, std::size_t> by_step_id_;  ///< of the worklists before
};

}  // namespace pons::proxy::dimse
