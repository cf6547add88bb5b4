#pragma once

#include "proxy/http/counters.hpp"
#include "proxy/http/site.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace pons::proxy::operations {

/// What /metrics tells, in Prometheus' text format. Labels are names of routes and numbers, so nothing in it is about a
/// patient. One object for the process, shared by the workers: prometheus-cpp's counters are atomic, and its maps are
/// locked only when a route or status is met for the first time on a worker.
class metrics {
public:
    metrics();
    ~metrics();

    /// Counts requests by route and status and their durations by route. One for each worker.
    std::function<void(http::request_record const&)> make_observer();

    /// One more counter, which is kept elsewhere and outlives this; `read` is called by any worker. Before they start.
    void add_counter(std::string name, std::string help, std::function<std::uint64_t()> read);

    /// Everything counted, with what `counts` says now.
    std::string to_text(http::counters const& counts) const;

private:
    struct families;
    std::shared_ptr<families> families_;
};

}  // namespace pons::proxy::operations
