#pragma once

#include "proxy/dicomweb/retrieve_format.hpp"
#include "proxy/dicomweb/service.hpp"
#include "upstream/archive.hpp"

/// WADO-RS (PS3.18 §10.4).
namespace pons::proxy::dicomweb {

/// The instances of a study, a series, or one: GET {base}/studies/{study}[/series/{series}[/instances/{instance}]].
/// With several sources: the union of what the holders have, the largest holder first. What fails before the first
/// instance has begun is an answer of its own; what fails later breaks the body off.
awaitable<http::response> retrieve_instances(service& s, http::exchange const& x, target whom,
                                             upstream::retrieve_request what);

/// Their attributes: …/metadata (PS3.18 §10.4.1.1.2). Bulk data has a BulkDataURI at Pons (`retrieve_bulk`), whatever
/// the archive's own says; Pixel Data is left out. The answer is held, within 64 MiB, so that one
/// that cannot be completed is a clean failure; what a holder could not give or confirm is told by `Warning: 299`.
awaitable<http::response> retrieve_metadata(service& s, http::exchange const& x, target whom,
                                            upstream::retrieve_request what);

/// The same where the form is known.
awaitable<http::response> retrieve_instances_as(service& s, http::exchange const& x, target whom,
                                                upstream::retrieve_request what, retrieve_format format);

}  // namespace pons::proxy::dicomweb
