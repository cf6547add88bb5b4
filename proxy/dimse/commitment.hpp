#pragma once

#include "proxy/dimse/commitment_desk.hpp"
#include "proxy/dimse/operation.hpp"
#include "proxy/dimse/stored_places.hpp"

#include <memory>

namespace pons::proxy::dimse {

/// Storage commitment, push model, as its SCP (PS3.4 Annex J): N-ACTION is answered Success when it has been understood
/// and the desk has taken it; what is kept is told by N-EVENT-REPORT. The source that is asked is the one that C-STORE
/// under the same AE title goes to.
///
/// Refused are another SOP Instance than the well-known one (0112), another action than 1 (0123), a request without
/// Transaction UID or instances, or that cannot be read (0115), one that is too large and one too many (0213).
service make_commitment(std::shared_ptr<stored_places const> places, commitment_bounds bounds = {});

}  // namespace pons::proxy::dimse
