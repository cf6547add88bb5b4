#pragma once

#include "proxy/dicomweb/service.hpp"
#include "proxy/http/router.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace pons::proxy::dicomweb {

/// The rows of the DICOMweb face: below /dicomweb for all sources, below /dicomweb/sources/{source} for one, and /wado.
/// `s` belongs to the worker of the rows.
std::vector<http::route> make_routes(std::shared_ptr<service> s);

}  // namespace pons::proxy::dicomweb
