#pragma once

#include "config/settings.hpp"
#include "mapping/result.hpp"
#include "proxy/http/counters.hpp"
#include "proxy/http/worker.hpp"
#include "upstream/listening.hpp"

#include <list>
#include <vector>

namespace pons::proxy::http {

/// Accepts connections and gives each to the worker with the fewest, its socket being made on that worker's context at
/// once. One listener, not a SO_REUSEPORT socket per worker: the kernel spreads few long connections badly over those
/// (11 to 4 was seen), it resets what waits in the queue of one that closes, and a second process could take a share
/// of the traffic unnoticed. Runs on the thread of the first worker.
class listener {
public:
    listener(config::http const& config, counters& counts, std::vector<worker*> workers);

    /// Resolves `http.listen` and binds every address that it names, port 0 to one port that the system chooses.
    /// Waits for the resolver; meant for the start of the process. Errors: those of the system, `where` "http.listen".
    result<tcp::endpoint> open();

    /// Begins to accept. Beyond `http.max_connections` a client is told 503; out of file descriptors, it pauses.
    void start();

    /// Stops accepting; from any thread. Nothing refers to this object when the first worker's `run` has returned.
    void close();

private:
    awaitable<void> accept(tcp_acceptor& acceptor);
    worker& least_busy();

    config::http const& config_;
    counters& counts_;
    std::vector<worker*> workers_;
    executor executor_;
    std::list<tcp_acceptor> acceptors_;
    upstream::accept_pause pause_;
    bool closed_ = false;
};

}  // namespace pons::proxy::http
