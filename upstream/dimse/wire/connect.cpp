#include "upstream/dimse/wire/connect.hpp"

#include "upstream/errc.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <boost/asio/ip/address.hpp>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <thread>

namespace pons::upstream::dimse {

namespace {

std::vector<endpoint> look_up(std::string const& host, std::uint16_t port, int flags)
{
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags | AI_NUMERICSERV;
    addrinfo* list = nullptr;
    std::vector<endpoint> found;
    if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list) != 0)
        return found;
    for (auto const* at = list; at; at = at->ai_next) {
        auto& e = found.emplace_back();
        std::memcpy(&e.address, at->ai_addr, at->ai_addrlen);
        e.size = at->ai_addrlen;
    }
    ::freeaddrinfo(list);
    return found;
}

tl::unexpected<failure> given_up(readiness why, std::string where)
{
    return fail(why == readiness::interrupted ? errc::cancelled : errc::timed_out, std::move(where));
}

void tune(int fd)
{
    auto const set = [fd](int level, int option, int value) { ::setsockopt(fd, level, option, &value, sizeof value); };
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 30);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
    set(IPPROTO_TCP, TCP_KEEPCNT, 3);
}

}  // namespace

std::string to_text(endpoint const& e)
{
    char host[NI_MAXHOST] = "";
    ::getnameinfo(reinterpret_cast<sockaddr const*>(&e.address), e.size, host, sizeof host, nullptr, 0, NI_NUMERICHOST);
    return host;
}

std::string local_address(descriptor const& connected)
{
    endpoint here{.size = sizeof(sockaddr_storage)};
    if (::getsockname(connected.get(), reinterpret_cast<sockaddr*>(&here.address), &here.size) != 0)
        return {};
    return to_text(here);
}

std::string peer_address(descriptor const& connected)
{
    endpoint there{.size = sizeof(sockaddr_storage)};
    if (::getpeername(connected.get(), reinterpret_cast<sockaddr*>(&there.address), &there.size) != 0)
        return {};
    return usual_form(to_text(there));
}

std::string usual_form(std::string_view address)
{
    boost::system::error_code ec;
    auto const read = boost::asio::ip::make_address(address, ec);
    if (ec)
        return std::string(address);
    if (read.is_v6() && read.to_v6().is_v4_mapped())
        return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, read.to_v6()).to_string();
    return read.to_string();
}

result<std::vector<endpoint>> resolve(std::string const& host, std::uint16_t port, patience const& how_long)
{
    if (auto numeric = look_up(host, port, AI_NUMERICHOST); !numeric.empty())
        return numeric;

    // getaddrinfo has no deadline, so it gets a thread that may outlive the wait for it.
    struct answer {
        interruption ready;
        std::vector<endpoint> found;
    };
    std::shared_ptr<answer> shared;
    try {
        shared = std::make_shared<answer>();
        std::thread([shared, host, port] {
            shared->found = look_up(host, port, AI_ADDRCONFIG);
            shared->ready.request();
        }).detach();
    } catch (std::system_error const&) {
        return fail(errc::unreachable, "name resolution: no descriptor or thread left");
    }
    if (auto const came = wait_for(shared->ready.fd(), POLLIN, how_long); came != readiness::ready)
        return given_up(came, "name resolution");
    if (!shared->ready.requested() || shared->found.empty())
        return fail(errc::unreachable, "name resolution");
    return std::move(shared->found);
}

result<descriptor> connect(std::vector<endpoint> const& where_to, patience const& how_long)
{
    for (auto const& to : where_to) {
        descriptor fd(::socket(to.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
        if (!fd)
            continue;
        if (::connect(fd.get(), reinterpret_cast<sockaddr const*>(&to.address), to.size) != 0) {
            if (errno != EINPROGRESS)
                continue;
            if (auto const came = wait_for(fd.get(), POLLOUT, how_long); came != readiness::ready)
                return given_up(came, "connect");
            int error = 0;
            socklen_t size = sizeof error;
            if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
                continue;
        }
        tune(fd.get());
        return fd;
    }
    return fail(errc::unreachable, "connect");
}

}  // namespace pons::upstream::dimse
