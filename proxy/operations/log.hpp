#pragma once

#include "config/settings.hpp"
#include "proxy/http/site.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace spdlog {
class formatter;
}

/// Logging: one JSON object a line on standard error, written by a thread of its own. When lines come faster than they
/// can be written the oldest are lost (and counted) rather than a request held up. Nothing about a patient is logged:
/// routes by name, places instead of values, and the archives' own words at level debug only.
namespace pons::proxy::operations {

/// Makes spdlog's default logger, and the one for requests, for the whole process. After signals are blocked, since it
/// starts a thread. Call once; `close_log` undoes it and writes out what waits.
void open_log(config::log const& config);
void close_log();

/// Messages lost since `open_log`, the gathered lines of requests counting as one.
std::size_t lost_log_lines();

/// Writes one line for each request that is over, at level info, warning for 5xx. One for each worker, on its executor
/// `on`: the lines of 100 ms, or 16 KiB, go to the logging thread together, since waking it costs more than a small
/// request. What is waiting when the function is destroyed is written then. Does nothing without `open_log`.
std::function<void(http::request_record const&)> make_request_log(executor on);

/// The line of a request, without its end: {"time":…,"level":…,"id":…,"method":…,"route":…,"status":…,"duration_ms":…,
/// "bytes_in":…,"bytes_out":…,"remote":…} and, when there are any, "remarks".
std::string to_line(http::request_record const& record, std::chrono::system_clock::time_point now);

/// Writes what others log as {"time":…,"level":…,"message":…}, and the lines above as they are.
std::unique_ptr<spdlog::formatter> make_json_formatter();

}  // namespace pons::proxy::operations
