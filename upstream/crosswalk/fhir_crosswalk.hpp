#pragma once

#include "config/settings.hpp"
#include "upstream/budget.hpp"
#include "upstream/crosswalk/crosswalk.hpp"

#include <memory>

namespace pons::upstream {

/// A crosswalk by the EHR's FHIR server (R4): GET Patient/{id}, its identifiers, and those of the records to which
/// Patient.link leads (replaced-by, replaces, seealso, refer), up to `most_records`. With `check_identifiers` it then
/// asks by GET Patient?identifier=… who else has them: a record that is linked to this patient joins, one that is not
/// makes the patient ambiguous.
///
/// One worker's; nothing is kept. `settings` outlives it. Errors, deadline and cancelling as `crosswalk`.
std::unique_ptr<crosswalk> make_fhir_crosswalk(config::crosswalk const& settings, std::shared_ptr<budget> shared);

/// A crosswalk by a PIX manager (IHE PIXm, ITI-83): GET Patient/$ihe-pix?sourceIdentifier={system}|{id}. 404 is an
/// unknown patient; what the manager gives for one patient is not questioned. Otherwise as above.
std::unique_ptr<crosswalk> make_pixm_crosswalk(config::crosswalk const& settings, std::shared_ptr<budget> shared);

}  // namespace pons::upstream
