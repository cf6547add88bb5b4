#pragma once

#include "mapping/fhir/imaging_study.hpp"
#include "mapping/fhir/writer.hpp"
#include "mapping/record.hpp"

#include <span>
#include <string>
#include <string_view>

namespace pons::mapping::fhir {

inline constexpr std::string_view connection_type_system =
    "http://terminology.hl7.org/CodeSystem/endpoint-connection-type";

/// Which elements of an Endpoint are shown besides the mandatory ones (FHIR R4 §3.1.1.5.8, §3.1.1.5.9).
struct endpoint_shape {
    bool name = true;
    bool payload_mime_type = true;
    bool subsetted = false;
};

/// The shape for `_summary` and `_elements` (base element names; empty: all).
endpoint_shape make_endpoint_shape(view v, std::span<std::string const> elements);

/// Writes an Endpoint (FHIR R4 Endpoint; fhir.md 3) as the resource at `element`.
void write_endpoint(writer& w, std::string_view element, endpoint_facts const& endpoint, endpoint_shape const& as = {});

}  // namespace pons::mapping::fhir
