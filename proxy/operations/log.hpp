#pragma once

#include "config/settings.hpp"
#include "proxy/http/site.hpp"

#include <cstddef>
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

/// Lines lost since `open_log`.
std::size_t lost_log_lines();

/// One line for a request that is over: at level info, warning for 5xx. Does nothing without `open_log`.
void log_request(http::request_record const& record);

/// The members of that line, without braces: "id", "method", "route", "status", "duration_ms", "bytes_in",
/// "bytes_out", "remote" and, when there are any, "remarks".
std::string to_members(http::request_record const& record);

/// Writes a line as {"time":…,"level":…,"message":…}, or with the members above in place of the message when it comes
/// from the request logger.
std::unique_ptr<spdlog::formatter> make_json_formatter();

}  // namespace pons::proxy::operations
