#pragma once

#include "proxy/fhir/service.hpp"

#include <string>

/// `ImagingStudy/$explain`: what a search asks of the archives, for clients (FHIR R4 §3.2.0, Operations).
namespace pons::proxy::fhir {

/// GET or POST [base]/ImagingStudy/$explain with the parameters of a search, and `_trace=true` to make it: Parameters,
/// or text where the client takes that. `fhir.explain` says what is offered: else 404, and 400 for a trace.
awaitable<http::response> explain_imaging_study(service& s, http::exchange const& x);

/// GET [base]/OperationDefinition/ImagingStudy-explain
awaitable<http::response> read_operation_definition(service& s, http::exchange const& x);

/// The canonical URL of the operation; empty when it is not offered.
std::string explain_url(service const& s);

}  // namespace pons::proxy::fhir
