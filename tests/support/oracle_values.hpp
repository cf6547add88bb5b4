#pragma once

#include "mapping/record.hpp"
#include "tests/support/stored_study.hpp"

#include <string>
#include <string_view>
#include <vector>

/// What a study says in terms of FHIR, for the oracle.
namespace pons::test {

struct said_code {
    std::string system;
    std::string code;
};

struct said_identifier {
    std::string system;
    std::string value;
    std::string bare;        ///< a second spelling that counts as well: the UID without "urn:oid:"
    bool accession = false;  ///< compared by the source's accession rules
};

/// A person of the study: the PN value and the code in an identification sequence.
struct said_person {
    std::string name;
    std::vector<said_identifier> identifiers;
};

bool is_visible(std::string_view text);
bool is_valid_uid(std::string_view text);

std::vector<said_identifier> identifiers_of(stored_study const& study, mapping::source_facts const& source);
std::vector<said_identifier> accessions_of(stored_study const& study, mapping::source_facts const& source);
std::vector<said_identifier> patient_identifiers_of(stored_study const& study, mapping::source_facts const& source);
std::vector<said_identifier> admissions_of(stored_study const& study);
/// The id that a bare `patient=` value means; "" when there is none.
std::string patient_id_of(stored_study const& study, mapping::source_facts const& source);

std::vector<said_person> people_of(mapping::data_set const& from, mapping::tag names, mapping::tag identification);

std::string status_of(stored_study const& study);
std::vector<said_code> modalities_of(stored_study const& study);
std::vector<said_code> reasons_of(stored_study const& study);
/// Nothing of a series is said when it has no usable UID: FHIR cannot name it.
std::vector<stored_series const*> series_of(stored_study const& study);
/// One code a series that says something of its body part; a region without a code has neither system nor code.
std::vector<said_code> body_sites_of(stored_study const& study);
std::vector<said_code> sop_classes_of(stored_study const& study);

/// Two accession numbers of a source are the same.
bool same_accession(std::string_view a, std::string_view b, mapping::accession_rules const& rules);

/// R4 §3.1.1.4.8 on the parts of a name: `part` is "name", "family" or "given", `how` "", "exact" or "contains".
bool name_meets(std::string_view person_name, std::string_view part, std::string_view how, std::string_view value);
/// Something is said of that part, in one of the three groups.
bool name_has(std::string_view person_name, std::string_view part);

}  // namespace pons::test
