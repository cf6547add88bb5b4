#pragma once

#include <string>

/// The tables as Markdown, for `docs/`: what is printed there is what the code does, and a test compares both.
namespace pons::mapping::tables {

/// Every element of ImagingStudy: from which attributes, at which level, what is lost.
std::string describe_elements();

/// The Patient attributes that searches by patient are judged on.
std::string describe_patient();

/// Every search parameter: modifiers, chains, what is asked of the archives, at which level it is judged.
std::string describe_search_parameters();

/// The attributes asked for at each level.
std::string describe_return_keys();

}  // namespace pons::mapping::tables
