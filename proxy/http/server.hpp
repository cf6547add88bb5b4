#pragma once

#include "config/settings.hpp"
#include "mapping/result.hpp"
#include "proxy/http/counters.hpp"
#include "proxy/http/listener.hpp"
#include "proxy/http/site.hpp"
#include "proxy/http/worker.hpp"

#include <chrono>
#include <memory>
#include <thread>
#include <vector>

namespace pons::proxy::http {

/// The HTTP server: one listener, `http.threads` workers. Its functions are for one thread, which is none of theirs.
class server {
public:
    server(config::http config, make_site make);

    /// As `stop` without grace.
    ~server();
    server(server const&) = delete;
    server& operator=(server const&) = delete;

    /// Binds, makes each worker's site, and accepts. Waits until all that is done. Errors: those of the system, with
    /// `where` "http.listen". What `make` throws is thrown on.
    result<void> start();

    /// Where it listens, with the port that the system chose.
    tcp::endpoint endpoint() const { return endpoint_; }

    /// Begins to stop: new connections are refused, idle ones close, requests in flight are answered with
    /// `Connection: close`. Returns at once.
    void drain();

    /// Whether the last connection has gone.
    bool drained() const { return counts_.connections == 0 && counts_.refusing == 0; }

    /// Drains for at most `grace`, then cancels the handlers and closes what is left, and ends the threads. Waits for
    /// at most `grace` and 2 s more. Does nothing when not running.
    void stop(std::chrono::milliseconds grace);

    /// For /metrics; any thread may read it while the server exists.
    counters const& counts() const { return counts_; }

private:
    bool wait_drained(std::chrono::milliseconds time) const;

    config::http config_;
    make_site make_;
    counters counts_;
    tcp::endpoint endpoint_;
    std::vector<std::unique_ptr<worker>> workers_;
    std::unique_ptr<listener> listener_;
    std::vector<std::thread> threads_;
};

}  // namespace pons::proxy::http
