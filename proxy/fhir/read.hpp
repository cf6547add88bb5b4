#pragma once

#include "proxy/fhir/service.hpp"

namespace pons::proxy::fhir {

/// GET [base]/ImagingStudy/{id} (FHIR R4 §3.1.0.1): all levels, from every source that holds the study; ETag from the
/// content. 404 when no source has it; a source that cannot be asked makes it that failure instead.
awaitable<http::response> read_imaging_study(service& s, http::exchange const& x);

/// GET [base]/Endpoint/{id}: from the configuration.
awaitable<http::response> read_endpoint(service& s, http::exchange const& x);

/// GET [base]/Endpoint?{parameters}, POST [base]/Endpoint/_search: by _id, name, status, connection-type, payload-type.
awaitable<http::response> search_endpoint(service& s, http::exchange const& x);

/// GET [base]/metadata (FHIR R4 §3.1.0.7).
awaitable<http::response> read_capabilities(service& s, http::exchange const& x);

}  // namespace pons::proxy::fhir
