#include "proxy/operations/log.hpp"

#include "proxy/http/text.hpp"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <ctime>

namespace pons::proxy::operations {

namespace {

constexpr std::size_t queue_length = 8192;
constexpr std::string_view request_logger = "request";

std::shared_ptr<spdlog::logger>& requests()
{
    static std::shared_ptr<spdlog::logger> logger;
    return logger;
}

class json_formatter final : public spdlog::formatter {
public:
    void format(spdlog::details::log_msg const& message, spdlog::memory_buf_t& to) override
    {
        using std::chrono::duration_cast;
        using std::chrono::milliseconds;
        auto const since = duration_cast<milliseconds>(message.time.time_since_epoch()).count();
        auto const second = static_cast<std::time_t>(since / 1000);
        if (second != second_) {
            second_ = second;
            gmtime_r(&second, &utc_);
        }
        line_.clear();
        fmt::format_to(std::back_inserter(line_),
                       R"({{"time":"{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z","level":"{}",)", utc_.tm_year + 1900,
                       utc_.tm_mon + 1, utc_.tm_mday, utc_.tm_hour, utc_.tm_min, utc_.tm_sec, since % 1000,
                       to_view(message.level));
        std::string_view const payload(message.payload.data(), message.payload.size());
        if (std::string_view(message.logger_name.data(), message.logger_name.size()) == request_logger) {
            line_ += payload;
        } else {
            line_ += "\"message\":";
            http::append_json(line_, payload);
        }
        line_ += "}\n";
        to.append(line_.data(), line_.data() + line_.size());
    }

    std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<json_formatter>(); }

private:
    static std::string_view to_view(spdlog::level::level_enum level)
    {
        auto const name = spdlog::level::to_string_view(level);
        return {name.data(), name.size()};
    }

    std::time_t second_ = -1;
    std::tm utc_{};
    std::string line_;
};

void append_member(std::string& out, std::string_view name, std::string_view value)
{
    out.append("\"").append(name).append("\":");
    http::append_json(out, value);
    out += ',';
}

}  // namespace

void open_log(config::log const& config)
{
    spdlog::init_thread_pool(queue_length, 1);
    auto const sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    sink->set_formatter(make_json_formatter());
    auto const make = [&](std::string_view name) {
        auto logger = std::make_shared<spdlog::async_logger>(std::string(name), sink, spdlog::thread_pool(),
                                                             spdlog::async_overflow_policy::overrun_oldest);
        logger->set_level(spdlog::level::from_str(config.level));
        return logger;
    };
    spdlog::set_default_logger(make("pons"));
    requests() = make(request_logger);
}

void close_log()
{
    requests().reset();
    spdlog::shutdown();
}

std::size_t lost_log_lines()
{
    auto const pool = spdlog::thread_pool();
    return pool ? pool->overrun_counter() : 0;
}

void log_request(http::request_record const& record)
{
    auto const& logger = requests();
    auto const level = record.status >= 500 ? spdlog::level::warn : spdlog::level::info;
    if (logger && logger->should_log(level))
        logger->log(level, "{}", to_members(record));
}

std::string to_members(http::request_record const& record)
{
    std::string out;
    out.reserve(256);
    append_member(out, "id", record.id);
    auto const method = record.method == http::verb::unknown ? "-" : to_string(record.method);
    append_member(out, "method", {method.data(), method.size()});
    append_member(out, "route", record.route.empty() ? "-" : record.route);
    fmt::format_to(std::back_inserter(out), R"("status":{},"duration_ms":{:.3f},"bytes_in":{},"bytes_out":{},)",
                   record.status, static_cast<double>(record.duration.count()) / 1000.0, record.bytes_in,
                   record.bytes_out);
    append_member(out, "remote", record.remote);
    if (record.remarks != nullptr && !record.remarks->empty()) {
        out += "\"remarks\":{";
        for (auto const& [name, value] : *record.remarks) {
            http::append_json(out, name);
            out += ':';
            http::append_json(out, value);
            out += ',';
        }
        out.back() = '}';
    } else {
        out.pop_back();
    }
    return out;
}

std::unique_ptr<spdlog::formatter> make_json_formatter()
{
    return std::make_unique<json_formatter>();
}

}  // namespace pons::proxy::operations
