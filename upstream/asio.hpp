#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <chrono>

/// The one way Pons waits: coroutines on a concrete executor, each worker thread with an io_context of its own.
/// Nothing of one worker is touched from another; what several share says in its header how.
namespace pons {

namespace asio = boost::asio;

using executor = asio::io_context::executor_type;

template <class T>
using awaitable = asio::awaitable<T, executor>;

inline constexpr asio::use_awaitable_t<executor> use_awaitable{};

/// Completion token that gives `std::tuple<error_code, …>` instead of throwing.
inline constexpr asio::as_tuple_t<asio::use_awaitable_t<executor>> as_tuple{use_awaitable};

using clock = std::chrono::steady_clock;
using time_point = clock::time_point;

using tcp = asio::ip::tcp;
using tcp_socket = asio::basic_stream_socket<tcp, executor>;
using tcp_acceptor = asio::basic_socket_acceptor<tcp, executor>;
using steady_timer = asio::basic_waitable_timer<clock, asio::wait_traits<clock>, executor>;

}  // namespace pons
