#include "proxy/dimse/callers.hpp"

#include "upstream/asio.hpp"
#include "upstream/dimse/wire/connect.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace pons::proxy::dimse {

using upstream::dimse::usual_form;

namespace {

/// As a key of YAML, which some AE titles are only in quotes.
std::string as_key(std::string_view title)
{
    std::string key = "\"";
    for (char const c : title) {
        if (c == '"')
            key += '\\';
        key += c;
    }
    return key + '"';
}

}  // namespace

std::vector<std::string> resolve_by_system(std::string const& host)
{
    asio::io_context context;
    tcp::resolver resolver(context);
    boost::system::error_code ec;
    std::vector<std::string> addresses;
    for (auto const& each : resolver.resolve(host, "", ec))
        addresses.push_back(usual_form(each.endpoint().address().to_string()));
    return addresses;
}

callers::callers(config::settings const& settings, bool any, resolve_host const& resolve) : any_(any)
{
    for (auto const& peer : settings.peers) {
        boost::system::error_code no_address;
        asio::ip::make_address(peer.host, no_address);
        known one{.peer = &peer, .addresses = {}};
        if (no_address)
            one.addresses = resolve(peer.host);
        else
            one.addresses.push_back(usual_form(peer.host));
        if (one.addresses.empty())
            spdlog::warn(
                "peers.{}.host is not known to the resolver: that peer is not let in until Pons is started "
                "again",
                peer.name);
        by_title_.emplace(peer.name, std::move(one));
    }
}

tl::expected<config::peer const*, std::string> callers::admit(std::string_view calling_ae,
                                                              std::string_view address) const
{
    auto const from = usual_form(address);
    auto const found = by_title_.find(calling_ae);
    if (found != by_title_.end() && std::ranges::find(found->second.addresses, from) != found->second.addresses.end())
        return found->second.peer;
    if (any_)
        return nullptr;
    if (found != by_title_.end())
        return tl::unexpected(fmt::format(
            "AE title {} called from {}, and peers has another host for it ({}); if it "
            "has moved, write peers: {{ {}: {{ host: \"{}\", port: {} }} }}",
            calling_ae, from, found->second.peer->host, as_key(calling_ae), from, found->second.peer->port));
    return tl::unexpected(
        fmt::format("AE title {} called from {}, and is not among peers; to let it in, write peers: "
                    "{{ {}: {{ host: \"{}\", port: 104 }} }} with the port at which it listens",
                    calling_ae, from, as_key(calling_ae), from));
}

}  // namespace pons::proxy::dimse
