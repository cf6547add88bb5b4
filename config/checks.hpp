#pragma once

#include "config/draft.hpp"

namespace pons::config {

/// Judges what no key can tell alone: what a source of its kind needs and what does not belong to it, names that other
/// keys refer to, credentials and keys that go together, listeners beyond loopback (DESIGN section 10). Completes
/// `http.public_url` from `http.listen`, and `fhir.default_count` from `fhir.max_count`.
void check(draft& d);

}  // namespace pons::config
