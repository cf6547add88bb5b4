#pragma once

#include "mapping/matching.hpp"
#include "mapping/search/criteria.hpp"

#include <span>
#include <string>
#include <vector>

namespace pons::upstream {

/// What a request by itself says of every study that it can find. Each entry is a list of which one holds; it comes
/// from one criterion, and only when all of the criterion's values say something: what is negated, vague or not
/// understood says nothing.
struct certain {
    /// The patient's id was given by one of these: Identifier.system, or Issuer of Patient ID (0010,0021).
    std::vector<std::vector<std::string>> issuers;
    std::vector<std::vector<std::string>> modalities;  ///< a series has one of these modalities
};

/// Of a FHIR search. References to patients count once the crosswalk has resolved them.
certain certain_of(std::span<mapping::search::criterion const> criteria);

/// Of a QIDO-RS search, or of the keys of a C-FIND: single values of Modalities in Study (0008,0061), Modality
/// (0008,0060) and Issuer of Patient ID (0010,0021).
certain certain_of(std::span<mapping::match_key const> keys);

}  // namespace pons::upstream
