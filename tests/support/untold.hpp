#pragma once

#include "tests/support/combination.hpp"
#include "tests/support/oracle.hpp"

#include <cstddef>
#include <vector>

/// What an archive under trial does not tell, and what a search may therefore say (DESIGN laws 1 and 2).
namespace pons::test {

/// What is to be found, or its lack to be told: studies as they are, but for what has a stand-in where it is not told
/// (issuers, zones, counts).
std::vector<stored_study> studies_to_find(combination const& c);

/// What rows tell of them, or rows that were asked for `by_uid`: what a search that says nothing has judged by.
std::vector<stored_study> studies_as_told(combination const& c, bool by_uid);

/// Whether the row of the `nth` study has little more than its UID, unless the study is asked for by that.
bool is_told_in_part(combination const& c, std::size_t nth);

/// Whether a study is left out for nothing but what its row, or a series or an instance, does not tell. Where none
/// does, a search has to say so.
bool leaves_out_untold(combination const& c, oracle_rules const& rules);

/// Whether the archive leaves Patient ID aside and tells the same of all studies: as if it knew the patient by both.
bool seems_to_know_patient_otherwise(combination const& c);

}  // namespace pons::test
