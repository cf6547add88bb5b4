#pragma once

#include "mapping/fhir/writer.hpp"
#include "mapping/record.hpp"

#include <string_view>

namespace pons::mapping::fhir {

inline constexpr std::string_view connection_type_system =
    "http://terminology.hl7.org/CodeSystem/endpoint-connection-type";

/// Writes an Endpoint (FHIR R4 Endpoint; fhir.md 3) as the resource at `element`. `summary` leaves nothing out that we
/// have; `subsetted` tags it.
void write_endpoint(writer& w, std::string_view element, endpoint_facts const& endpoint, bool subsetted = false);

}  // namespace pons::mapping::fhir
