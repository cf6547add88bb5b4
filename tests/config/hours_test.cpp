#include "config/hours.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace pons::config;
using std::chrono::seconds;

namespace {

constexpr seconds at(int hour, int minute = 0, int second = 0)
{
    return std::chrono::hours(hour) + std::chrono::minutes(minute) + seconds(second);
}

}  // namespace

TEST_CASE("hours say how long it is until they begin")
{
    struct {
        char const* hours;
        seconds now;
        seconds wait;
    } const cases[] = {
        {"06:00-22:00", at(6), seconds(0)},
        {"06:00-22:00", at(21, 59, 59), seconds(0)},
        {"06:00-22:00", at(22), at(8)},
        {"06:00-22:00", at(5, 59, 59), seconds(1)},
        {"22:00-06:00", at(23), seconds(0)},
        {"22:00-06:00", at(5, 59), seconds(0)},
        {"22:00-06:00", at(6), at(16)},
        {"00:00-24:00", at(0), seconds(0)},
        {"00:00-24:00", at(23, 59, 59), seconds(0)},
        {"18:30-24:00", at(23, 59, 59), seconds(0)},
        {"18:30-24:00", at(0), at(18, 30)},
        {"06:00-08:00, 12:00-13:00", at(7), seconds(0)},
        {"06:00-08:00, 12:00-13:00", at(9), at(3)},
        {"06:00-08:00,12:00-13:00", at(13), at(17)},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.hours));
        CAPTURE(c.now.count());
        auto const read = hours::parse(c.hours);
        REQUIRE(read.has_value());
        CHECK(read->until_open(c.now) == c.wait);
    }
}

TEST_CASE("hours are those of the clocks where the source is")
{
    auto const read = hours::parse("06:00-22:00");
    REQUIRE(read.has_value());
    using std::chrono::system_clock;
    auto const winter = system_clock::from_time_t(1768453200);  // 2026-01-15T05:00Z
    auto const summer = system_clock::from_time_t(1784088000);  // 2026-07-15T04:00Z
    CHECK(read->until_open("Europe/Vienna", winter) == seconds(0));
    CHECK(read->until_open("UTC", winter) == at(1));
    CHECK(read->until_open("Europe/Vienna", summer) == seconds(0));
    CHECK(read->until_open("America/New_York", summer) == at(6));
}

TEST_CASE("what does not say from when to when is no hours")
{
    for (char const* text : {"", "6:00-22:00", "06:00", "06:00-", "-22:00", "06:00-25:00", "06:60-22:00", "24:00-06:00",
                             "06:00-06:00", "06:00-22:00,", "06.00-22.00", "always", "06:00-22:00;08:00-09:00"}) {
        CAPTURE(std::string(text));
        auto const read = hours::parse(text);
        REQUIRE_FALSE(read.has_value());
        CHECK(read.error().find("; write ") != std::string::npos);
    }
}
