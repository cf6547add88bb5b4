#pragma once

#include "tests/support/oracle_dates.hpp"
#include "tests/support/oracle_values.hpp"
#include "tests/support/oracle_words.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

/// The search parameters of ImagingStudy, by FHIR R4 and fhir.md 1.4 to 1.9, for the oracle; apart from
/// `mapping/tables`.
namespace pons::test::judging {

using study_ref = stored_study const&;
using facts_ref = mapping::source_facts const&;

/// The resource that a reference points to, as a chain sees it.
struct said_target {
    std::string name;  ///< PN
    std::vector<said_identifier> identifiers;
    std::optional<said_date> birth_date{};
    std::string gender{};
};

/// How one parameter is judged.
struct rule {
    std::set<std::string> modifiers;
    char kind = 't';                 ///< token, reference, date, string
    std::vector<std::string> types;  ///< of a reference
    std::set<std::string> chains;
    std::function<bool(study_ref, facts_ref)> exists;
    std::function<bool(study_ref, facts_ref, asked_token const&)> token;
    std::function<bool(study_ref, facts_ref, asked_reference const&)> reference;
    std::function<std::vector<said_target>(study_ref, facts_ref)> targets;  ///< of chains
};

/// By their names.
std::map<std::string, rule> make_rules();

}  // namespace pons::test::judging
