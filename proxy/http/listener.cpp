#include "proxy/http/listener.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace pons::proxy::http {

namespace {

using boost::system::error_code;

constexpr std::uint64_t most_refusals = 64;  // told 503 at once; the rest are closed without a word

}  // namespace

listener::listener(config::http const& config, counters& counts, std::vector<worker*> workers)
    : config_(config),
      counts_(counts),
      workers_(std::move(workers)),
      executor_(workers_.front()->get_executor()),
      pause_(executor_, "connections")
{
}

result<tcp::endpoint> listener::open()
{
    auto bound = upstream::listen_on(executor_, config_.listen, "http.listen");
    if (!bound)
        return tl::unexpected(bound.error());
    acceptors_ = std::move(*bound);
    return acceptors_.front().local_endpoint();
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
        pause_.stop();
    });
}

worker& listener::least_busy()
{
    return **std::min_element(workers_.begin(), workers_.end(),
                              [](auto const* a, auto const* b) { return a->load() < b->load(); });
}

awaitable<void> listener::accept(tcp_acceptor& acceptor)
{
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
            co_await pause_.wait(ec);
            continue;
        }
        pause_.went_well();
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
