#pragma once

#include "proxy/dicomweb/query.hpp"
#include "proxy/dicomweb/service.hpp"
#include "proxy/http/exchange.hpp"

namespace pons::proxy::dicomweb {

/// QIDO-RS: GET {base}/studies, /studies/{study}/series, … (PS3.18 §10.6).
awaitable<http::response> search_resources(service& s, http::exchange const& x, target whom, search_resource where);

}  // namespace pons::proxy::dicomweb
