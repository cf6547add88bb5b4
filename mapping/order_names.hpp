#pragma once

#include "mapping/order.hpp"

#include <string>
#include <string_view>
#include <vector>

/// FHIR HumanName to PN (PS3.5 §6.2.1): the reverse of what `fhir` writes of patients and practitioners.
namespace pons::mapping::orders {

/// The name that somebody goes by: official, else usual, else one without a use, else another; none that is old or
/// maiden. By iso21090-EN-representation IDE and SYL become the ideographic and the phonetic group. Of a name of which
/// only the text is known, that is the family name. Where a group has more than 64 characters, only family and first
/// given name are told. Empty: there is none.
std::string to_person_name(std::vector<human_name> const& names);

/// A name that is only known as it is displayed.
std::string to_person_name(std::string_view display);

}  // namespace pons::mapping::orders
