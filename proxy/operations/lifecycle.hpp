#pragma once

#include "proxy/http/server.hpp"
#include "proxy/operations/terminal.hpp"

#include <chrono>
#include <functional>

namespace pons::proxy::operations {

/// Blocks SIGTERM, SIGINT and SIGHUP for this thread and every one it starts, so that `run_until_signal` alone receives
/// them, and ignores SIGPIPE. First thing in main, before any thread.
void prepare_signals();

/// Waits for SIGTERM or SIGINT, then lets `server` finish what it has begun, for at most `grace`. A second signal ends
/// it at once. Returns when the server has stopped.
///
/// SIGHUP calls `read_again`, on this thread, and goes on; unless it says that the terminal has gone which Pons was
/// started from: that is as SIGTERM. Signals that came since `prepare_signals` count.
void run_until_signal(
    http::server& server, std::chrono::milliseconds grace, std::function<void()> const& read_again = [] {},
    terminal const& started_from = {});

}  // namespace pons::proxy::operations
