#pragma once

#include "proxy/dimse/operation.hpp"

namespace pons::proxy::dimse {

/// C-ECHO (PS3.4 Annex A, PS3.7 §9.1.5): that Pons is there, whatever its archives do.
service make_echo();

}  // namespace pons::proxy::dimse
