#pragma once

#include "config/settings.hpp"
#include "proxy/http/counters.hpp"
#include "proxy/http/gzip.hpp"
#include "proxy/http/request_id.hpp"
#include "proxy/http/site.hpp"
#include "upstream/asio.hpp"

#include <atomic>
#include <cstddef>
#include <ctime>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pons::proxy::http {

class session;

/// One thread's world: an io_context of its own, the site made on it, and the sessions it runs. Timers are few: one
/// sweep every 100 ms looks at the deadline of each session and asks the kernel, in a single call, which clients have
/// gone while a handler works for them. (Arming and cancelling a timer and a wait per request would cost a third of a
/// small request; a deadline that is kept 100 ms late costs nobody anything.)
class worker {
public:
    worker(config::http const& config, counters& counts);
    ~worker();
    worker(worker const&) = delete;
    worker& operator=(worker const&) = delete;

    // From any thread.

    /// The thread's whole life: makes the site, tells `ready` (or its exception), then runs until `stop`.
    void run(make_site const& make, std::promise<void>& ready);

    executor get_executor() { return context_.get_executor(); }

    /// Takes over a connection whose socket belongs to this worker's executor. `refuse`: says 503 and closes.
    void adopt(tcp_socket socket, counted slot, bool refuse);

    /// Idle connections close, the others with their answer. Nothing is adopted any more.
    void drain();

    /// Handlers are cancelled, connections closed.
    void cut();

    /// Ends `run`, which then destroys the site when no session is left.
    void stop();

    std::size_t load() const { return load_.load(std::memory_order_relaxed); }

    /// Whether sessions outlived `stop`; such a worker must not be destroyed, since their coroutines would meet a site
    /// that is gone. After `run` has returned.
    bool stuck() const { return !sessions_.empty(); }

    // For its sessions, on the worker's thread.

    void join(session& s);
    void leave(session& s);
    config::http const& config() const { return config_; }
    http::site const& site() const { return *site_; }
    counters& counts() { return counts_; }
    gzip_encoder& gzip() { return gzip_; }
    bool draining() const { return draining_; }
    std::string_view date();  ///< now, as IMF-fixdate (RFC 9110 §5.6.7)
    std::string make_id() { return ids_.make(); }

private:
    void arm();
    void sweep();
    std::vector<std::shared_ptr<session>> held() const;

    config::http const& config_;
    counters& counts_;
    std::atomic<std::size_t> load_{0};
    std::vector<session*> sessions_;  // each knows its place; before the context, whose end may still end sessions
    std::optional<http::site> site_;
    asio::io_context context_{1};
    steady_timer sweep_timer_{context_.get_executor()};
    bool sweeping_ = false;
    bool draining_ = false;
    gzip_encoder gzip_;
    request_ids ids_;
    std::time_t date_second_ = 0;
    std::string date_;
};

}  // namespace pons::proxy::http
