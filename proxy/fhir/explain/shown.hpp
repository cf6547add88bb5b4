#pragma once

#include "mapping/find_request.hpp"

#include <string>
#include <string_view>

/// How queries are shown to people: whole, or so that nothing of a patient shows (DESIGN law 6).
namespace pons::proxy::fhir {

struct shown {
    bool values = false;     ///< of keys; else only their shape
    bool addresses = false;  ///< of archives
};

/// The value of a key: as it is, or its shape, "<7 characters>", "<UID>", "<3 days>". Wild cards stay.
std::string show_value(mapping::tag attribute, std::string_view value, shown const& how);

/// "PatientID (0010,0020) = <7 characters>"; lists of UIDs as their number.
std::string show_key(mapping::key const& key, shown const& how);

/// "STUDY  StudyDate (0008,0020) = <7 days>; asks for 25 attributes".
std::string show_request(mapping::find_request const& request, shown const& how);

/// A QIDO-RS target: as it is, or each value, and each UID of its path, as its shape, which is not encoded.
std::string show_target(std::string_view target, shown const& how);

}  // namespace pons::proxy::fhir
