#pragma once

#include "mapping/search/plan.hpp"
#include "proxy/dicomweb/query.hpp"

/// What of a search an archive is asked (PS3.4 C.4.1): a superset, since every key is judged again.
namespace pons::proxy::dicomweb {

/// The plan of the STUDY level: keys that archives match, the rest by judging. Dates go into the windows of the plan,
/// times never go to an archive (pacs-quirks F13); Modalities in Study (0008,0061) only where it is matched.
mapping::search::plan plan_studies(search_query const& query, mapping::search::abilities const& can);

/// Whether the plan asks by Patient's Name (0010,0010) alone, of an archive that may compare it with case, or with
/// accents: what it leaves out is not seen here, and is to be told.
bool leaves_names_to_archive(mapping::search::plan const& p);

}  // namespace pons::proxy::dicomweb
