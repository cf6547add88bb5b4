#pragma once

#include "mapping/data_set.hpp"
#include "mapping/dicom_stream.hpp"
#include "proxy/dimse/operation.hpp"

#include <optional>

namespace pons::proxy::dimse {

/// The identifier of a C-FIND, C-GET or C-MOVE (PS3.7 §9.1.2 to §9.1.4), the data set of the request. Nothing: there is
/// none, it is larger than `limits` allow, or cannot be read, which has been answered (A900). Errors: those of the
/// association.
result<std::optional<mapping::data_set>> receive_identifier(operation& of, mapping::read_limits const& limits = {});

}  // namespace pons::proxy::dimse
