#include "upstream/dicomweb/resolve.hpp"

#include "upstream/errc.hpp"

#include <memory>
#include <string>

namespace pons::upstream::dicomweb {

namespace {

using boost::system::error_code;

/// What a resolution leaves behind when nobody waits any more.
struct resolution {
    tcp::resolver resolver;
    steady_timer over;
    std::vector<tcp::endpoint> found;
    bool done = false;

    explicit resolution(executor const& on) : resolver(on), over(on) {}
};

}  // namespace

awaitable<result<std::vector<tcp::endpoint>>> resolve(origin const& to, time_point deadline)
{
    error_code ec;
    if (auto const literal = asio::ip::make_address(to.host, ec); !ec)
        co_return std::vector<tcp::endpoint>(1, tcp::endpoint(literal, to.port));

    executor const here = co_await asio::this_coro::executor;
    auto const shared = std::make_shared<resolution>(here);
    shared->over.expires_at(deadline);
    shared->resolver.async_resolve(to.host, std::to_string(to.port),
                                   [shared](error_code failed, tcp::resolver::results_type const& all) {
                                       shared->done = true;
                                       for (auto const& one : all)
                                           if (!failed)
                                               shared->found.push_back(one.endpoint());
                                       shared->over.cancel();
                                   });
    static_cast<void>(co_await shared->over.async_wait(as_tuple));
    auto const state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
        co_return fail(errc::cancelled, "resolving the host name");
    if (!shared->done)
        co_return fail(errc::timed_out, "resolving the host name");
    if (shared->found.empty())
        co_return fail(errc::unreachable, "the host name is not known");
    co_return std::move(shared->found);
}

}  // namespace pons::upstream::dicomweb
