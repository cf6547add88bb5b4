#include "proxy/dicomweb/holders.hpp"

#include "upstream/errc.hpp"
#include "upstream/federation/holders.hpp"

namespace pons::proxy::dicomweb {

awaitable<result<void>> from_first_holder(target const& whom, std::string study_uid, http::body_stream const* stream,
                                          time_point deadline, holder_taker const& take)
{
    auto const holders = co_await upstream::find_holders(whom.sources, std::move(study_uid), deadline);
    if (!holders)
        co_return tl::unexpected(holders.error());
    for (auto const& holder : *holders) {
        auto const taken = co_await take(*holder.source->where);
        bool const elsewhere =
            !taken && taken.error().code == upstream::errc::not_found && !(stream && stream->begun());
        if (!elsewhere)
            co_return taken;
    }
    co_return fail(upstream::errc::not_found);
}

}  // namespace pons::proxy::dicomweb
