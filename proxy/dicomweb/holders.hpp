#pragma once

#include "proxy/dicomweb/service.hpp"
#include "proxy/http/exchange.hpp"
#include "upstream/archive.hpp"
#include "upstream/asio.hpp"

#include <cstdint>
#include <functional>
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

/// Takes something of a study from one of its holders.
using holder_taker = std::function<awaitable<result<void>>(upstream::archive&)>;

/// Takes from the first holder that does not say not_found; who has begun a `stream` (null: there is none) is not left
/// for another. Errors: those of `find_holders`, of `take`; upstream::errc::not_found when nobody has it.
awaitable<result<void>> from_first_holder(target const& whom, std::string study_uid, http::body_stream const* stream,
                                          time_point deadline, holder_taker const& take);

}  // namespace pons::proxy::dicomweb
