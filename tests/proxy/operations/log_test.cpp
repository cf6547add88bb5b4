#include "proxy/operations/log.hpp"

#include <doctest/doctest.h>
#include <spdlog/details/log_msg.h>
#include <spdlog/formatter.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <unistd.h>

using namespace pons;
using namespace pons::proxy;

namespace {

std::string format(char const* logger, char const* payload)
{
    spdlog::details::log_msg message(logger, spdlog::level::warn, payload);
    message.time = spdlog::log_clock::time_point(std::chrono::milliseconds(951'782'400'007));
    spdlog::memory_buf_t out;
    operations::make_json_formatter()->format(message, out);
    return {out.data(), out.size()};
}

}  // namespace

TEST_CASE("a line is a JSON object")
{
    CHECK(format("pons", "it \"broke\"\n") ==
          "{\"time\":\"2000-02-29T00:00:00.007Z\",\"level\":\"warning\",\"message\":\"it \\\"broke\\\"\\u000a\"}\n");
    CHECK(format("request", "\"id\":\"1\"") ==
          "{\"time\":\"2000-02-29T00:00:00.007Z\",\"level\":\"warning\",\"id\":\"1\"}\n");
}

TEST_CASE("the members of a request's line")
{
    std::vector<std::pair<std::string, std::string>> const remarks{{"rows", "3"}, {"sources", "2"}};
    http::request_record record{.id = "abc", .method = http::verb::get, .route = "fhir.search", .status = 200};
    record.duration = std::chrono::microseconds(1500);
    record.bytes_in = 10;
    record.bytes_out = 20;
    record.remote = "127.0.0.1";
    CHECK(operations::to_members(record) ==
          R"("id":"abc","method":"GET","route":"fhir.search","status":200,"duration_ms":1.500,)"
          R"("bytes_in":10,"bytes_out":20,"remote":"127.0.0.1")");
    record.remarks = &remarks;
    CHECK(operations::to_members(record).ends_with(R"("remote":"127.0.0.1","remarks":{"rows":"3","sources":"2"})"));
    CHECK(operations::to_members({.status = 400}).starts_with(R"("id":"","method":"-","route":"-","status":400,)"));
}

TEST_CASE("requests are logged to standard error, from the level asked for")
{
    auto const path = std::string("/tmp/pons_log_test.") + std::to_string(::getpid());
    int const saved = ::dup(STDERR_FILENO);
    int const file = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    REQUIRE(file != -1);
    ::dup2(file, STDERR_FILENO);
    operations::log_request({.id = "before", .status = 500});
    operations::open_log({.level = "warning"});
    operations::log_request({.id = "fine", .status = 200});
    operations::log_request({.id = "broken", .status = 503});
    CHECK(operations::lost_log_lines() == 0);
    operations::close_log();
    operations::log_request({.id = "after", .status = 500});
    ::dup2(saved, STDERR_FILENO);
    ::close(saved);
    ::close(file);
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    std::remove(path.c_str());
    CHECK(text.str().find("\"broken\"") != std::string::npos);
    for (auto const* id : {"before", "fine", "after"})
        CHECK(text.str().find(id) == std::string::npos);
}
