#pragma once

#include "mapping/result.hpp"
#include "proxy/http/exchange.hpp"
#include "upstream/asio.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace pons::proxy::operations {

/// A question whose answer says whether requests can be served, for example archive::verify of a source.
struct health_check {
    std::string name;  ///< of the source, as configured
    /// Ends at the deadline at the latest, or when cancelled (terminal). Owns what it uses: a round of checks goes on
    /// when the request that began it has gone.
    std::function<awaitable<result<void>>(time_point deadline)> run;
    /// Not a source: told under its name beside them as it was last seen ("unknown" before), not waited for, and
    /// requests can be served without it.
    bool aside = false;
};

/// Readiness, as one worker sees it: all checks at once, each bounded by 2 s, and a finished round serves every
/// request of the next 5 s, so probes cannot load the archives. Requests that come meanwhile share the round.
class health {
public:
    health(executor on, std::vector<health_check> checks);
    ~health();
    health(health const&) = delete;
    health& operator=(health const&) = delete;

    /// GET /readyz: 200 when every check is ok, else 503, since an answer without one of the sources is incomplete:
    /// {"status":"ready","sources":{"main-pacs":"ok"}}. What is wrong is a word: unreachable, timed_out, … A source
    /// that may not be asked now is "closed", and nothing is wrong with that. With `?verbose` each source is an object
    /// with "status" and "milliseconds".
    awaitable<http::response> readyz(http::exchange const& x);

private:
    struct state;
    std::shared_ptr<state> state_;
};

/// GET /livez: 200 as long as the worker answers at all.
awaitable<http::response> livez(http::exchange const& x);

}  // namespace pons::proxy::operations
