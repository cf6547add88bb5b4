#pragma once

#include "proxy/dicomweb/retrieve_format.hpp"
#include "proxy/dicomweb/service.hpp"
#include "upstream/archive.hpp"

/// WADO-RS and WADO-URI (PS3.18 §9, §10.4).
namespace pons::proxy::dicomweb {

/// The instances of a study, a series, or one: GET {base}/studies/{study}[/series/{series}[/instances/{instance}]].
/// With several sources: the union of what the holders have, the largest holder first. What fails before the first
/// instance has begun is an answer of its own; what fails later breaks the body off.
awaitable<http::response> retrieve_instances(service& s, http::exchange const& x, target whom,
                                             upstream::retrieve_request what);

/// Their attributes without bulk data: …/metadata (PS3.18 §10.4.1.1.5). The answer is held, within 64 MiB, so that one
/// that cannot be completed is a clean failure.
awaitable<http::response> retrieve_metadata(service& s, http::exchange const& x, target whom,
                                            upstream::retrieve_request what);

/// GET /wado?requestType=WADO&studyUID=…&seriesUID=…&objectUID=…&contentType=application/dicom: one instance of any
/// source, as stored unless `transferSyntax` names one. Rendered forms: 406.
awaitable<http::response> retrieve_by_uri(service& s, http::exchange const& x);

}  // namespace pons::proxy::dicomweb
