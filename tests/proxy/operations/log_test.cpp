#include "proxy/operations/log.hpp"

#include <doctest/doctest.h>
#include <spdlog/details/log_msg.h>
#include <spdlog/formatter.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

using namespace pons;
using namespace pons::proxy;

namespace {

auto const leap_day = std::chrono::system_clock::time_point(std::chrono::milliseconds(951'782'400'007));

std::string format(char const* logger, char const* payload)
{
    spdlog::details::log_msg message(logger, spdlog::level::warn, payload);
    message.time = leap_day;
    spdlog::memory_buf_t out;
    operations::make_json_formatter()->format(message, out);
    return {out.data(), out.size()};
}

}  // namespace

TEST_CASE("a line is a JSON object")
{
    CHECK(format("pons", "it \"broke\"\n") ==
          "{\"time\":\"2000-02-29T00:00:00.007Z\",\"level\":\"warning\",\"message\":\"it \\\"broke\\\"\\u000a\"}\n");
    CHECK(format("request", "{\"id\":\"1\"}") == "{\"id\":\"1\"}\n");
}

TEST_CASE("the line of a request")
{
    std::vector<std::pair<std::string, std::string>> const remarks{{"rows", "3"}, {"sources", "2"}};
    http::request_record record{.id = "abc", .method = http::verb::get, .route = "fhir.search", .status = 200};
    record.duration = std::chrono::microseconds(1500);
    record.bytes_in = 10;
    record.bytes_out = 20;
    record.remote = "127.0.0.1";
    CHECK(operations::to_line(record, leap_day) ==
          R"({"time":"2000-02-29T00:00:00.007Z","level":"info","id":"abc","method":"GET","route":"fhir.search",)"
          R"("status":200,"duration_ms":1.500,"bytes_in":10,"bytes_out":20,"remote":"127.0.0.1"})");
    record.remarks = &remarks;
    CHECK(operations::to_line(record, leap_day)
              .ends_with(R"("remote":"127.0.0.1","remarks":{"rows":"3","sources":"2"}})"));
    record = {.status = 503};
    CHECK(
        operations::to_line(record, leap_day)
            .starts_with(R"({"time":"2000-02-29T00:00:00.007Z","level":"warning","id":"","method":"-","route":"-",)"));
}

TEST_CASE("requests are logged to standard error, from the level asked for, together")
{
    auto const path = std::string("/tmp/pons_log_test.") + std::to_string(::getpid());
    int const saved = ::dup(STDERR_FILENO);
    int const file = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    REQUIRE(file != -1);
    ::dup2(file, STDERR_FILENO);
    asio::io_context context(1);
    {
        auto const log = operations::make_request_log(context.get_executor());
        log({.id = "before", .status = 500});
        operations::open_log({.level = "warning"});
        log({.id = "fine", .status = 200});
        log({.id = "first", .status = 503});
        log({.id = "second", .status = 503});
        context.run();  // until the timer that gathers them
        log({.id = "last", .status = 503});
    }
    CHECK(operations::lost_log_lines() == 0);
    operations::close_log();
    ::dup2(saved, STDERR_FILENO);
    ::close(saved);
    ::close(file);
    std::ifstream in(path);
    std::vector<std::string> ids;
    for (std::string line; std::getline(in, line);) {
        auto const begin = line.find("\"id\":\"") + 6;
        ids.push_back(line.substr(begin, line.find('"', begin) - begin));
        CHECK(line.ends_with("}"));
    }
    std::remove(path.c_str());
    CHECK(ids == std::vector<std::string>{"first", "second", "last"});
}
