#pragma once

#include "proxy/fhir/service.hpp"

namespace pons::proxy::fhir {

/// GET [base]/ImagingStudy?{parameters} and POST [base]/ImagingStudy/_search (FHIR R4 §3.1.1.3): a searchset Bundle.
awaitable<http::response> search_imaging_study(service& s, http::exchange const& x);

/// GET [base]/Patient/{id}/ImagingStudy?{parameters}, POST …/_search (FHIR R4 §3.1.1.3, compartment search): with
/// patient=Patient/{id}.
awaitable<http::response> search_patient_compartment(service& s, http::exchange const& x);

}  // namespace pons::proxy::fhir
