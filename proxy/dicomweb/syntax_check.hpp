#pragma once

#include "proxy/dicomweb/retrieve_format.hpp"
#include "proxy/dicomweb/service.hpp"
#include "upstream/archive.hpp"

namespace pons::proxy::dicomweb {

/// Refuses a study or a series as long as nothing was sent of it, where it is certain that its body would have to be
/// broken off: an instance is stored in a transfer syntax that was not asked for and is not decoded (decision 0030).
///
/// The holders are asked by search for their instances. Where Available Transfer Syntax UID (0008,3002) is told, that
/// decides; of instances of the video classes that it is not told of, a few are begun to be retrieved, since it stands
/// before their data sets. Of all others nobody knows. Nothing is asked when whatever is stored may be sent, nor for a
/// single instance, which is refused when it comes.
///
/// Errors: mapping::errc::not_acceptable, upstream::errc::cancelled; what keeps it from knowing is none: the retrieve
/// will tell. It takes half of the time until `deadline` at most. Cancelling: terminal.
awaitable<result<void>> check_syntaxes(service& s, target const& whom, upstream::retrieve_request const& what,
                                       retrieve_format const& format, time_point deadline);

}  // namespace pons::proxy::dicomweb
