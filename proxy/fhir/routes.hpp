#pragma once

#include "proxy/fhir/service.hpp"
#include "proxy/http/router.hpp"

#include <memory>
#include <vector>

namespace pons::proxy::fhir {

/// The rows of the FHIR face, for /fhir (the default version) and /fhir/r4. `s` belongs to the worker of the rows.
std::vector<http::route> make_routes(std::shared_ptr<service> s);

}  // namespace pons::proxy::fhir
