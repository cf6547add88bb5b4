#pragma once

#include "proxy/dicomweb/service.hpp"
#include "proxy/http/exchange.hpp"
#include "upstream/archive.hpp"
#include "upstream/asio.hpp"

#include <functional>
#include <string>

namespace pons::proxy::dicomweb {

/// Takes something of a study from one of its holders.
using holder_taker = std::function<awaitable<result<void>>(upstream::archive&)>;

/// Takes from the first holder that does not say not_found; who has begun a `stream` (null: there is none) is not left
/// for another. Errors: those of upstream::find_holders, of `take`; upstream::errc::not_found when nobody has it.
awaitable<result<void>> from_first_holder(target const& whom, std::string study_uid, http::body_stream const* stream,
                                          time_point deadline, holder_taker const& take);

}  // namespace pons::proxy::dicomweb
