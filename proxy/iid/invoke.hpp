#pragma once

#include "proxy/fhir/service.hpp"
#include "proxy/http/router.hpp"

#include <memory>
#include <vector>

/// IHE Invoke Image Display, the display's side (IHE RAD TF-2 §4.106, RAD-106).
namespace pons::proxy::iid {

/// `GET /IHEInvokeImageDisplay`: finds the studies as a FHIR search would, then 303 to a configured viewer, or a page
/// of our own when none is configured, or when the answer may lack studies, which a viewer could not say.
///
/// 400 for what is missing, wrong or contradictory; 404 when nothing matches, also for an authority that no source has;
/// 409 when accession numbers lead to several patients; what an archive does wrong as on the FHIR face.
std::vector<http::route> make_routes(std::shared_ptr<fhir::service> s);

}  // namespace pons::proxy::iid
