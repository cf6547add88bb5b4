#pragma once

#include "proxy/fhir/service.hpp"

namespace pons::proxy::fhir {

/// GET [base]/ImagingStudy/{id} (FHIR R4 §3.1.0.1): all levels, from every source that holds the study; ETag from the
/// content. 404 when no source has it. A read has no place for "incomplete": a source that cannot be asked, or that
/// held something back, makes it 503 or that source's failure. What else is to be said goes into Warning: 299.
awaitable<http::response> read_imaging_study(service& s, http::exchange const& x);

/// GET [base]/Endpoint/{id}: from the configuration.
awaitable<http::response> read_endpoint(service& s, http::exchange const& x);

/// GET [base]/Endpoint?{parameters}, POST [base]/Endpoint/_search: by _id, name, status, connection-type, payload-type,
/// identifier and organization (which none has), with their modifiers; _sort, _count (pages by sealed tokens),
/// _summary, _elements and _total.
awaitable<http::response> search_endpoint(service& s, http::exchange const& x);

/// GET [base]/metadata (FHIR R4 §3.1.0.7).
awaitable<http::response> read_capabilities(service& s, http::exchange const& x);

}  // namespace pons::proxy::fhir
