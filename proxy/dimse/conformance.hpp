#pragma once

#include <string>

/// The tables of docs/dicom-conformance.md (PS3.2), printed from what the code negotiates and answers.
namespace pons::proxy::dimse {

/// Which SOP Classes are accepted of those who call, by which service, in which transfer syntaxes and roles: by asking
/// the table of services.
std::string describe_accepted();

/// Which contexts are proposed to archives, for what.
std::string describe_proposed();

/// The final status of a C-FIND, by what became of it.
std::string describe_find_statuses();

/// The failures of a C-STORE that have a name.
std::string describe_store_statuses();

/// Who we are in associations, and what one may cost.
std::string describe_associations();

}  // namespace pons::proxy::dimse
