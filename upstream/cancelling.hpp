#pragma once

#include "mapping/result.hpp"
#include "upstream/asio.hpp"

#include <boost/asio/cancellation_type.hpp>

namespace pons::upstream {

/// Whether the one who waits for this coroutine has gone (terminal cancellation).
inline awaitable<bool> is_cancelled()
{
    auto const state = co_await asio::this_coro::cancellation_state;
    co_return state.cancelled() != asio::cancellation_type::none;
}

/// Runs `op` to its end even when it is cancelled, so that it can tidy up and give errc::cancelled as a value:
/// otherwise Asio throws at the next co_await. The operation that is being waited for is cancelled all the same.
template <class T>
awaitable<result<T>> cancelled_as_value(awaitable<result<T>> op)
{
    bool const before = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    result<T> done = co_await std::move(op);
    co_await asio::this_coro::throw_if_cancelled(before);
    co_return done;
}

}  // namespace pons::upstream
