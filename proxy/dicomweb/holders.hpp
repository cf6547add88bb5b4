#pragma once

#include "proxy/dicomweb/service.hpp"
#include "upstream/asio.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace pons::proxy::dicomweb {

struct holder {
    upstream::searched_source* source = nullptr;
    std::uint32_t instances = 0;  ///< Number of Study Related Instances (0020,1208); 0: not told
};

/// The sources that hold a study, the one with the most instances first (DESIGN section 6). Of a single source it is
/// not asked: its retrieve will tell.
///
/// Errors: mapping::errc::incomplete when a source cannot be asked: instances of its own would be missing;
/// differing_patients when sources hold studies of different patients under the UID: they are not one.
awaitable<result<std::vector<holder>>> find_holders(target const& whom, std::string study_uid, time_point deadline);

}  // namespace pons::proxy::dicomweb
