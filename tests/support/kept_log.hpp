#pragma once

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <cstddef>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

namespace pons::test {

/// What is written into the log as long as it lives; to be read when nobody writes any more.
struct kept_log {
    kept_log()
    {
        auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(lines, true);
        spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", std::move(sink)));
    }
    ~kept_log() { spdlog::set_default_logger(before); }

    bool has(std::string const& text) const { return lines.str().find(text) != std::string::npos; }

    std::size_t count(std::string const& text) const
    {
        std::size_t times = 0;
        auto const all = lines.str();
        for (auto at = all.find(text); at != all.npos; at = all.find(text, at + 1))
            ++times;
        return times;
    }

    std::shared_ptr<spdlog::logger> const before = spdlog::default_logger();
    std::ostringstream lines;
};

}  // namespace pons::test
