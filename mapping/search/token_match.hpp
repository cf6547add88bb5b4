#pragma once

#include "mapping/fhir/value.hpp"
#include "mapping/record.hpp"
#include "mapping/search/criteria.hpp"

namespace pons::mapping::search {

/// Whether `t`, a value of the token criterion `c`, is that of an element (FHIR R4 §3.1.1.4.10). Codes are compared
/// with their case, UIDs with and without "urn:oid:", accession numbers by the rules of the record's source. A
/// reference is compared by its identifier; elements that no token can mean match nothing.
bool matches(token const& t, fhir::value const& v, criterion const& c, study_record const& record);

}  // namespace pons::mapping::search
