#pragma once

#include "mapping/record.hpp"
#include "mapping/result.hpp"
#include "upstream/search/source.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// Studies that several sources hold (DESIGN section 6).
namespace pons::proxy::fhir {

/// Whether two records of one study speak of one patient, as far as they say: neither Patient ID (0010,0020) nor, where
/// both are known, its issuer differ.
bool agree_on_patient(mapping::study_record const& a, mapping::study_record const& b);

/// What a source holds of the studies it was asked for, at study level.
struct held_studies {
    std::vector<mapping::study_record> studies;
    bool complete = true;  ///< false: the source stopped before the end
    std::uint32_t queries = 0;
};

/// Asks `source` for studies by their UIDs, one query after the other. Errors and cancelling as archive::find.
awaitable<result<held_studies>> find_held(upstream::searched_source& source, std::vector<std::string> uids,
                                          time_point deadline);

}  // namespace pons::proxy::fhir
