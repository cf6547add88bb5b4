#pragma once

#include "proxy/dicomweb/service.hpp"
#include "upstream/asio.hpp"

#include <vector>

namespace pons::proxy::dicomweb {

/// The sources that hold a study, the one with the most instances first (DESIGN section 6). Of a single source it is
/// not asked: its retrieve will tell.
///
/// Errors: mapping::errc::incomplete when a source cannot be asked: instances of its own would be missing.
awaitable<result<std::vector<upstream::searched_source*>>> find_holders(target const& whom, std::string study_uid,
                                                                        time_point deadline);

}  // namespace pons::proxy::dicomweb
