#pragma once

#include "mapping/record.hpp"
#include "proxy/dicomweb/query.hpp"

#include <string>
#include <string_view>

/// What is known of studies, as results of a search.
namespace pons::proxy::dicomweb {

/// Modalities in Study (0008,0061) and the counts of a study that the archive left out, from its series (archives may:
/// pacs-quirks F1, F3); what the series do not tell stays out.
void complete_from_series(mapping::study_record& study);

/// Adds what `from` has and `to` has not.
void add_rest(mapping::data_set& to, mapping::data_set const& from);

/// One result: the attributes of its level that PS3.18 requires, those of the levels above where the path does not name
/// them (`/series`, `/instances`), what was asked for, and Retrieve URL below `base`. Query/Retrieve Level and Specific
/// Character Set are the archive's own affair and are left out, and so is Modalities in Study (0008,0061) of a series
/// or instance whose archive does not tell it: empty would say that there are none.
mapping::data_set to_row(search_query const& query, mapping::study_record const& study,
                         mapping::series_record const* series, mapping::data_set const* instance,
                         std::string_view base);

}  // namespace pons::proxy::dicomweb
