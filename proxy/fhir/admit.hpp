#pragma once

#include "mapping/search/criteria.hpp"
#include "mapping/search/plan.hpp"
#include "proxy/fhir/service.hpp"
#include "upstream/federation/routing.hpp"

#include <vector>

/// Whom a search asks, and whether it may.
namespace pons::proxy::fhir {

/// The sources that a search asks: those whose Endpoints meet its `endpoint` criteria, less those that by
/// `federation.routes` hold nothing of what it can find. References to patients are to be resolved before.
upstream::choice choose_sources(service& s, mapping::search::request const& asked);
std::vector<upstream::searched_source*> sources_for(service& s, mapping::search::request const& asked);

/// Whether the search may be made as it stands. Errors: errc::too_costly without a key that narrows (the place names
/// those that do), errc::ambiguous_patient for a bare patient id when the sources do not share an issuer, those of
/// check_issuers.
result<void> admit(service const& s, mapping::search::request const& asked,
                   std::vector<upstream::searched_source*> const& sources);

/// What to ask of one source. Where only a patient's name narrows, and the whole archive may not be looked at, it is
/// settled for names (`mapping::search::settle_for_names`).
mapping::search::plan plan_for(service const& s, mapping::search::request const& asked,
                               upstream::searched_source const& source);

/// Whether `patient=X` or `subject=X` is among the criteria, an id that may stand for a Patient without the one who
/// issued it.
bool names_bare_patient(mapping::search::request const& asked);

}  // namespace pons::proxy::fhir
