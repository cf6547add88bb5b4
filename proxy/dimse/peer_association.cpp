#include "proxy/dimse/peer_association.hpp"

#include "upstream/dimse/opening.hpp"
#include "upstream/errc.hpp"
#include "upstream/tls/trouble.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace pons::proxy::dimse {

namespace {

using upstream::errc;
namespace tls = upstream::tls;
namespace wire = upstream::dimse;

struct {
    errc code;
    char const* words;
} constexpr rows[] = {
    {errc::unreachable, "it cannot be reached"},
    {errc::timed_out, "it did not answer in time"},
    {errc::aborted, "it broke off"},
    {errc::malformed, "its answer could not be understood"},
    {errc::refused, "it answered with a failure"},
    {errc::cancelled, "cancelled"},
};

/// As one whom associations are opened to.
config::source as_source(config::peer const& peer)
{
    config::source where;
    where.name = peer.name;
    where.host = peer.host;
    where.port = peer.port;
    where.tls = peer.tls;
    return where;
}

}  // namespace

failure about_peer(failure why)
{
    auto const row = std::ranges::find_if(rows, [&](auto const& r) { return why.code == r.code; });
    if (row != std::end(rows))
        why.where = row->words;
    return why;
}

result<wire::association> open_to_peer(config::peer const& peer, std::string const& our_ae,
                                       std::vector<wire::proposal> contexts, wire::patience const& how_long)
{
    wire::association_request const asked{
        .calling_ae = our_ae, .called_ae = peer.name, .contexts = std::move(contexts)};
    auto opened = wire::try_patiently(as_source(peer), asked, how_long);
    if (opened)
        return std::move(*opened);
    auto& refused = opened.error();
    // A connection that ends later looks like trouble as well.
    bool const by_tls = refused.tls && tls::failure_of(*refused.tls).code == refused.why.code;
    if (!by_tls || refused.why.code == errc::cancelled)
        return tl::unexpected(about_peer(std::move(refused.why)));
    spdlog::warn("no DICOM association with peer {} at {}:{}: TLS: {}", peer.name, peer.host, peer.port,
                 tls::sentence(*refused.tls, tls::it));
    return tl::unexpected(tls::failure_of(*refused.tls, tls::it));
}

}  // namespace pons::proxy::dimse
