#pragma once

#include "proxy/dicomweb/service.hpp"
#include "proxy/http/exchange.hpp"
#include "upstream/archive.hpp"

#include <string>

namespace pons::proxy::dicomweb {

/// Where the bulk data of an instance is at Pons: what the BulkDataURIs of its metadata begin with.
std::string bulk_url_of(target const& whom, upstream::retrieve_request const& instance);

/// GET {base}/studies/…/instances/{instance}/bulkdata/{place}: one value, as the BulkDataURI of metadata names it
/// (PS3.18 §10.4.1.1.5), from the first source that has the instance; little endian, streamed. `place` is a segment,
/// "54000100.1.54001010". Nothing of a client's URI goes to an archive but UIDs and tags.
///
/// multipart/related with one part (also without Accept, or with `*/*`), or application/octet-stream. What fails before
/// the first byte is an answer of its own: 404 without such an instance or value, 406 for pixel data that is stored
/// compressed; what fails later breaks the body off.
awaitable<http::response> retrieve_bulk(service& s, http::exchange const& x, target whom,
                                        upstream::retrieve_request what, std::string place);

}  // namespace pons::proxy::dicomweb
