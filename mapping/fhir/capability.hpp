#pragma once

#include "mapping/fhir/writer.hpp"

#include <string_view>

namespace pons::mapping::fhir {

struct capability_facts {
    std::string_view base;     ///< absolute FHIR base
    std::string_view version;  ///< of Pons
    std::string_view date;     ///< FHIR dateTime of this build or start
    bool needs_key = true;     ///< searches have to be narrowed
    std::string_view explain;  ///< the canonical URL of `$explain`; empty: it is not offered
};

/// Writes the CapabilityStatement R4 (FHIR R4 §3.1.0.7, CapabilityStatement), its search parameters from the tables.
void write_capability_statement(writer& w, capability_facts const& facts);

/// Writes the OperationDefinition R4 of `ImagingStudy/$explain`, whose canonical URL is `url`.
void write_explain_definition(writer& w, std::string_view url);

/// Its id.
inline constexpr std::string_view explain_definition_id = "ImagingStudy-explain";

}  // namespace pons::mapping::fhir
