#pragma once

#include "mapping/codecs/name_search.hpp"
#include "mapping/search/criteria.hpp"

#include <string_view>

namespace pons::mapping::search {

/// Which parts of a name a chained string parameter looks at: `name`, `family`, `given`.
codecs::name_part part_of(chain_row const& chain);

/// One value of such a criterion, compared as its modifier says: from the start, `:exact`, `:contains`.
codecs::name_query to_name_query(criterion const& c, std::string_view value);

}  // namespace pons::mapping::search
