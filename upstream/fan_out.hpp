#pragma once

#include "mapping/result.hpp"
#include "upstream/asio.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <vector>

namespace pons::upstream {

/// Runs `one(0)` … `one(count - 1)`, at most `width` at a time, on the executor of the caller (single-threaded).
/// The first failure keeps further ones from starting and is the result; what runs is waited for.
/// Cancelling: terminal, reaches everything that runs. `one` gives awaitable<result<void>>.
template <class F>
awaitable<result<void>> fan_out(std::size_t count, std::size_t width, F& one)
{
    struct shared {
        std::size_t next = 0;
        std::size_t count;
        result<void> outcome;
    } state{.count = count, .outcome = {}};

    auto worker = [&state, &one]() -> awaitable<void> {
        while (state.next < state.count && state.outcome) {
            auto const index = state.next++;
            result<void> done = co_await one(index);
            if (!done && state.outcome)
                state.outcome = std::move(done);
        }
    };
    width = std::min(width, count);
    if (width <= 1) {
        co_await worker();
        co_return std::move(state.outcome);
    }
    auto const here = co_await asio::this_coro::executor;
    auto const start = [&] { return asio::co_spawn(here, worker(), asio::deferred); };
    std::vector<decltype(start())> workers;
    workers.reserve(width);
    for (std::size_t i = 0; i < width; ++i)
        workers.push_back(start());
    auto group = asio::experimental::make_parallel_group(std::move(workers));
    auto [order, failures] = co_await group.async_wait(asio::experimental::wait_for_all(), use_awaitable);
    for (auto const& failure : failures)
        if (failure)
            std::rethrow_exception(failure);
    co_return std::move(state.outcome);
}

}  // namespace pons::upstream
