#include "upstream/listening.hpp"

#include <spdlog/spdlog.h>
#include <boost/asio/ip/v6_only.hpp>

namespace pons::upstream {

namespace {

using boost::system::error_code;

error_code open_at(tcp_acceptor& to, tcp::endpoint const& at)
{
    error_code ec;
    to.open(at.protocol(), ec);
    if (!ec)
        to.set_option(asio::socket_base::reuse_address(true), ec);
    if (!ec && at.protocol() == tcp::v6())
        to.set_option(asio::ip::v6_only(!at.address().is_unspecified()), ec);
    if (!ec)
        to.bind(at, ec);
    if (!ec)
        to.listen(asio::socket_base::max_listen_connections, ec);
    return ec;
}

}  // namespace

result<std::list<tcp_acceptor>> listen_on(executor const& on, config::address const& where, char const* key)
{
    auto const refused = [&](error_code ec) { return tl::unexpected<failure>(failure{.code = ec, .where = key}); };
    asio::io_context resolving(1);
    tcp::resolver resolver(resolving);
    error_code ec;
    auto const names = resolver.resolve(where.host, std::to_string(where.port),
                                        tcp::resolver::passive | tcp::resolver::numeric_service, ec);
    if (ec)
        return refused(ec);
    std::list<tcp_acceptor> all;
    error_code first = asio::error::host_not_found;
    for (auto const& name : names) {
        auto at = name.endpoint();
        if (!all.empty())
            at.port(all.front().local_endpoint().port());
        tcp_acceptor one(on);
        ec = open_at(one, at);
        // A host may have a name for an address family that it does not speak.
        bool const unusable = ec == std::errc::address_not_available || ec == std::errc::address_family_not_supported;
        if (ec && !unusable)
            return refused(ec);
        if (!ec)
            all.push_back(std::move(one));
        else if (all.empty())
            first = ec;
    }
    if (all.empty())
        return refused(first);
    return all;
}

awaitable<void> accept_pause::wait(error_code const& why)
{
    if (!told_)
        spdlog::error("{} cannot be accepted: {}", what_, why.message());
    told_ = true;
    timer_.expires_after(std::chrono::milliseconds(100));
    co_await timer_.async_wait(as_tuple);
}

}  // namespace pons::upstream
