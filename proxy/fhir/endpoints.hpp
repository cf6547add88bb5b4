#pragma once

#include "mapping/record.hpp"
#include "proxy/fhir/service.hpp"

#include <vector>

namespace pons::proxy::fhir {

/// Every Endpoint of every source, in the order of the configuration. First those that its studies refer to
/// (wado-rs, ihe-iid); then those that are found and read, but that studies do not refer to, since they do not lead to
/// the images of one study: qido-rs, stow-rs (each kind of source can be stored to) and wado-uri.
std::vector<mapping::endpoint_facts> all_endpoints(service const& s);

}  // namespace pons::proxy::fhir
