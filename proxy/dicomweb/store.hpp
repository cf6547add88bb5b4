#pragma once

#include "proxy/dicomweb/service.hpp"
#include "proxy/http/exchange.hpp"

#include <string>

/// STOW-RS (PS3.18 §10.5).
namespace pons::proxy::dicomweb {

/// POST {base}/studies[/{study}] with instances as PS3.10 files (`store_parts`) or as metadata and bulk data
/// (`web_instances`), each sent on to the archive as it comes; nothing is told as stored that the archive did not say
/// it stored. The base of all sources leads to the only one, or to `dicomweb.store_to`; where neither is, it is 400 and
/// says how to name one.
///
/// 200, 202, 409: see report_store. 400: no multipart body, one that ends too soon, or metadata that is none. 406: no
/// format for the answer. 408: the client sent nothing for too long. 413: larger than the archive takes, or more bulk
/// data out of order than is held. 415: a type that is not taken. Else the archive did not answer for any of them, and
/// the status is that of the failure.
awaitable<http::response> store_instances(service& s, http::exchange const& x, target whom, std::string study_uid);

}  // namespace pons::proxy::dicomweb
