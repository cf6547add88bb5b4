#include "proxy/http/listener.hpp"

#include <boost/asio/ip/v6_only.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>

namespace pons::proxy::http {

namespace {

using boost::system::error_code;
using namespace std::chrono_literals;

constexpr auto accept_pause = 100ms;
constexpr std::uint64_t most_refusals = 64;  // told 503 at once; the rest are closed without a word

tl::unexpected<failure> fail_system(error_code ec)
{
    return tl::unexpected<failure>(failure{.code = ec, .where = "http.listen"});
}

}  // namespace

listener::listener(config::http const& config, counters& counts, std::vector<worker*> workers)
    : config_(config),
      counts_(counts),
      workers_(std::move(workers)),
      executor_(workers_.front()->get_executor()),
      pause_(executor_)
{
}

result<tcp::endpoint> listener::open()
{
    asio::io_context resolving(1);
    tcp::resolver resolver(resolving);
    error_code ec;
    auto const names = resolver.resolve(config_.listen.host, std::to_string(config_.listen.port),
                                        tcp::resolver::passive | tcp::resolver::numeric_service, ec);
    if (ec)
        return fail_system(ec);
    result<tcp::endpoint> first = fail_system(asio::error::host_not_found);
    for (auto const& name : names) {
        auto at = name.endpoint();
        if (first)
            at.port(first->port());
        auto bound = bind(at);
        // A host may have a name for an address family that it does not speak.
        bool const unusable = !bound && (bound.error().code == std::errc::address_not_available ||
                                         bound.error().code == std::errc::address_family_not_supported);
        if (!bound && !unusable)
            return bound;
        if (!first)
            first = bound;
    }
    return first;
}

result<tcp::endpoint> listener::bind(tcp::endpoint at)
{
    error_code ec;
    tcp_acceptor acceptor(executor_);
    acceptor.open(at.protocol(), ec);
    if (!ec)
        acceptor.set_option(asio::socket_base::reuse_address(true), ec);
    if (!ec && at.protocol() == tcp::v6())
        acceptor.set_option(asio::ip::v6_only(!at.address().is_unspecified()), ec);
    if (!ec)
        acceptor.bind(at, ec);
    if (!ec)
        acceptor.listen(asio::socket_base::max_listen_connections, ec);
    if (ec)
        return fail_system(ec);
    acceptors_.push_back(std::move(acceptor));
    return acceptors_.back().local_endpoint();
}

void listener::start()
{
    for (auto& acceptor : acceptors_)
        asio::co_spawn(executor_, accept(acceptor), [](std::exception_ptr error) {
            if (error)
                spdlog::critical("the listener ended by an exception");
        });
}

void listener::close()
{
    asio::post(executor_, [this] {
        closed_ = true;
        error_code ignored;
        for (auto& acceptor : acceptors_)
            acceptor.close(ignored);
        pause_.cancel();
    });
}

worker& listener::least_busy()
{
    return **std::min_element(workers_.begin(), workers_.end(),
                              [](auto const* a, auto const* b) { return a->load() < b->load(); });
}

awaitable<void> listener::accept(tcp_acceptor& acceptor)
{
    bool told = false;
    while (!closed_) {
        auto& to = least_busy();
        auto const on = to.get_executor();
        auto [ec, socket] = co_await acceptor.async_accept(on, as_tuple);
        if (closed_)
            co_return;
        if (ec == asio::error::connection_aborted)
            continue;
        if (ec) {
            counts_.accept_failures.fetch_add(1, std::memory_order_relaxed);
            if (!told)
                spdlog::error("connections cannot be accepted: {}", ec.message());
            told = true;
            pause_.expires_after(accept_pause);
            co_await pause_.async_wait(as_tuple);
            continue;
        }
        told = false;
        counts_.accepted.fetch_add(1, std::memory_order_relaxed);
        if (counts_.connections.load() < config_.max_connections) {
            to.adopt(std::move(socket), counted(counts_.connections), false);
            continue;
        }
        counts_.refused.fetch_add(1, std::memory_order_relaxed);
        if (counts_.refusing.load() < most_refusals)
            to.adopt(std::move(socket), counted(counts_.refusing), true);
    }
}

}  // namespace pons::proxy::http
