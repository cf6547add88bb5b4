#pragma once

#include "proxy/dicomweb/instance_collection.hpp"
#include "proxy/dicomweb/retrieve_format.hpp"
#include "proxy/dicomweb/service.hpp"
#include "upstream/archive.hpp"

#include <vector>

namespace pons::proxy::dicomweb {

/// Refuses a study or a series as long as nothing was sent of it, where it is certain that its body would have to be
/// broken off: an instance is stored in a transfer syntax that was not asked for and is not decoded (decision 0030).
///
/// The holders are asked by search for their instances, anew. Where Available Transfer Syntax UID (0008,3002) is told,
/// that decides; of instances of the video classes that it is not told of, a few are begun to be retrieved, since it
/// stands before their data sets. Of all others nobody knows. An instance counts as the first holder has it, which is
/// the one that sends it. Nothing is asked when whatever is stored may be sent, nor for a single instance, which is
/// refused when it comes.
///
/// Gives back what the holders were found to have, for `collect_from_holders`.
///
/// Errors: mapping::errc::not_acceptable, upstream::errc::cancelled; what keeps it from knowing is none: the retrieve
/// will tell. It takes half of the time until `deadline` at most. Cancelling: terminal.
awaitable<result<holder_lists>> check_syntaxes(service& s, std::vector<upstream::holder> const& holders,
                                               upstream::retrieve_request const& what, retrieve_format const& format,
                                               time_point deadline);

}  // namespace pons::proxy::dicomweb
