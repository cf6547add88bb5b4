#pragma once

#include "proxy/dimse/operation.hpp"

#include <vector>

namespace pons::proxy::dimse {

/// The table of all that the provider serves, in the order in which it is asked for contexts.
std::vector<service> make_services();

}  // namespace pons::proxy::dimse
