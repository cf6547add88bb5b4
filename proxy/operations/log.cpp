#include "proxy/operations/log.hpp"

#include "proxy/http/text.hpp"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <ctime>
#include <utility>

namespace pons::proxy::operations {

namespace {

using namespace std::chrono_literals;
using std::chrono::system_clock;

constexpr std::size_t queue_length = 8192;
constexpr std::string_view request_logger = "request";
constexpr auto gather_time = 100ms;
constexpr std::size_t gather_size = 16 * 1024;

/// Where the lines of requests go.
struct request_target {
    std::shared_ptr<spdlog::logger> logger;
    spdlog::level::level_enum level = spdlog::level::off;
};

request_target& requests()
{
    static request_target target;
    return target;
}

std::string_view to_view(spdlog::level::level_enum level)
{
    auto const name = spdlog::level::to_string_view(level);
    return {name.data(), name.size()};
}

/// Begins a line with time and level. The calendar is asked once a second.
class line_head {
public:
    void append(std::string& out, system_clock::time_point now, spdlog::level::level_enum level)
    {
        auto const since = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
        auto const second = static_cast<std::time_t>(since / 1000);
        if (second != second_) {
            second_ = second;
            std::tm utc{};
            gmtime_r(&second, &utc);
            text_ = fmt::format(R"({{"time":"{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.)", utc.tm_year + 1900, utc.tm_mon + 1,
                                utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
        }
        out += text_;
        fmt::format_to(std::back_inserter(out), R"({:03}Z","level":"{}",)", since % 1000, to_view(level));
    }

private:
    std::time_t second_ = -1;
    std::string text_;
};

class json_formatter final : public spdlog::formatter {
public:
    void format(spdlog::details::log_msg const& message, spdlog::memory_buf_t& to) override
    {
        std::string_view const payload(message.payload.data(), message.payload.size());
        line_.clear();
        if (std::string_view(message.logger_name.data(), message.logger_name.size()) == request_logger) {
            line_ += payload;
        } else {
            head_.append(line_, message.time, message.level);
            line_ += "\"message\":";
            http::append_json(line_, payload);
            line_ += '}';
        }
        line_ += '\n';
        to.append(line_.data(), line_.data() + line_.size());
    }

    std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<json_formatter>(); }

private:
    line_head head_;
    std::string line_;
};

void append_member(std::string& out, std::string_view name, std::string_view value)
{
    out.append("\"").append(name).append("\":");
    http::append_json(out, value);
    out += ',';
}

spdlog::level::level_enum level_of(http::request_record const& record)
{
    return record.status >= 500 ? spdlog::level::warn : spdlog::level::info;
}

void append_members(std::string& out, http::request_record const& record)
{
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
        for (auto const& [name, value] : *record.remarks)
            append_member(out, name, value);
        out.back() = '}';
        out += ',';
    }
    out.back() = '}';
}

/// The lines of one worker that wait to be written together.
struct gathered : std::enable_shared_from_this<gathered> {
    steady_timer timer;
    bool armed = false;
    line_head head;
    std::string lines;

    explicit gathered(executor on) : timer(on) {}
    ~gathered() { flush(); }
    gathered(gathered const&) = delete;
    gathered& operator=(gathered const&) = delete;

    void add(http::request_record const& record)
    {
        auto const level = level_of(record);
        if (level < requests().level)
            return;
        if (!lines.empty())
            lines += '\n';
        head.append(lines, system_clock::now(), level);
        append_members(lines, record);
        if (lines.size() >= gather_size)
            flush();
        else if (!armed)
            arm();
    }

    void arm()
    {
        armed = true;
        timer.expires_after(gather_time);
        timer.async_wait([weak = weak_from_this()](boost::system::error_code) {
            if (auto const self = weak.lock()) {
                self->armed = false;
                self->flush();
            }
        });
    }

    void flush()
    {
        if (auto const& logger = requests().logger; logger && !lines.empty())
            logger->log(spdlog::level::critical, "{}", lines);  // levels were looked at before
        lines.clear();
    }
};

}  // namespace

void open_log(config::log const& config)
{
    spdlog::init_thread_pool(queue_length, 1);
    auto const sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    sink->set_formatter(make_json_formatter());
    auto const make = [&](std::string_view name) {
        return std::make_shared<spdlog::async_logger>(std::string(name), sink, spdlog::thread_pool(),
                                                      spdlog::async_overflow_policy::overrun_oldest);
    };
    auto logger = make("pons");
    logger->set_level(spdlog::level::from_str(config.level));
    spdlog::set_default_logger(std::move(logger));
    requests() = {.logger = make(request_logger), .level = spdlog::level::from_str(config.level)};
}

void close_log()
{
    // Both outlive the thread that writes for them, which the shutdown waits for.
    auto const of_requests = std::exchange(requests(), {});
    auto const of_all = spdlog::default_logger();
    spdlog::shutdown();
}

std::size_t lost_log_lines()
{
    auto const pool = spdlog::thread_pool();
    return pool ? pool->overrun_counter() : 0;
}

std::function<void(http::request_record const&)> make_request_log(executor on)
{
    return [lines = std::make_shared<gathered>(on)](http::request_record const& record) { lines->add(record); };
}

std::string to_line(http::request_record const& record, system_clock::time_point now)
{
    std::string out;
    line_head().append(out, now, level_of(record));
    append_members(out, record);
    return out;
}

std::unique_ptr<spdlog::formatter> make_json_formatter()
{
    return std::make_unique<json_formatter>();
}

}  // namespace pons::proxy::operations
