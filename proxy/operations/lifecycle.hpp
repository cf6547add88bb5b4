#pragma once

#include "proxy/http/server.hpp"

#include <chrono>

namespace pons::proxy::operations {

/// Blocks SIGTERM and SIGINT for this thread and every one it starts, so that `run_until_signal` alone receives them,
/// and ignores SIGPIPE. First thing in main, before any thread.
void prepare_signals();

/// Waits for SIGTERM or SIGINT, then lets `server` finish what it has begun, for at most `grace`. A second signal ends
/// it at once. Returns when the server has stopped.
void run_until_signal(http::server& server, std::chrono::milliseconds grace);

}  // namespace pons::proxy::operations
