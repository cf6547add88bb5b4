#pragma once

#include "proxy/dicomweb/query.hpp"
#include "proxy/dimse/find_query.hpp"
#include "proxy/dimse/retrieve_query.hpp"
#include "upstream/archive.hpp"

#include <optional>
#include <span>
#include <vector>

/// A relational C-FIND that narrows by the UIDs of series or instances alone (PS3.4 C.4.1.2.2.1): these are found
/// first, as for a relational retrieve, and then searched for where they are.
namespace pons::proxy::dimse {

/// What `locate` is to find, where nothing else narrows the query. Nothing: the path is named, another key narrows it,
/// or it has no such UIDs.
std::optional<retrieve_query> to_be_located(find_query const& query);

/// The searches that `query` becomes at the places that were found: one for each study, at IMAGE level one for each
/// series. Places in another series than `query` names are none.
std::vector<dicomweb::search_query> searches_at(find_query const& query,
                                                std::span<upstream::retrieve_request const> places);

}  // namespace pons::proxy::dimse
