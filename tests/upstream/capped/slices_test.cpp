#include "upstream/capped/slices.hpp"

#include <doctest/doctest.h>

#include <cstdint>

using namespace pons::upstream;
using pons::mapping::codecs::da_range;
using pons::mapping::codecs::local_days;
using std::chrono::days;

namespace {

constexpr local_days today{std::chrono::local_days{std::chrono::year(2025) / 1 / 1}};

local_days back(int n)
{
    return today - days{n};
}

}  // namespace

TEST_CASE("both halves together hold each day of the whole, once")
{
    da_range const ranges[] = {
        {},
        {.first = back(30), .last = {}, .empty = false},
        {.first = {}, .last = back(30), .empty = false},
        {.first = back(30), .last = back(2), .empty = false},
        {.first = back(3), .last = back(2), .empty = false},
        {.first = back(-400), .last = {}, .empty = false},
        {.first = today, .last = {}, .empty = false},
        {.first = {}, .last = back(40'000), .empty = false},
    };
    std::vector<local_days> const given[] = {{}, {back(5)}, {back(5), back(5)}, {back(5), back(20), back(21)}};
    for (auto const& range : ranges)
        for (auto const& rows : given) {
            auto const halves = halve(range, rows, today);
            if (!halves) {
                CHECK(range.last == back(40'000));
                continue;
            }
            CHECK(halves->first.first == range.first);
            CHECK(halves->second.last == range.last);
            REQUIRE(halves->first.last);
            CHECK(*halves->first.last + days{1} == halves->second.first);
            CHECK((!range.first || *range.first <= *halves->first.last));
            CHECK((!range.last || *halves->second.first <= *range.last));
        }
}

TEST_CASE("a range is halved where half of what came lies, and a day is not")
{
    auto const halves = halve({}, {back(900), back(3), back(2), back(1), back(1)}, today);
    REQUIRE(halves);
    CHECK(halves->second.first == back(2));
    auto const uneven = halve({}, {back(9), back(9), back(9), back(1)}, today);
    REQUIRE(uneven);
    CHECK(uneven->second.first == back(1));
    CHECK(!halve({.first = today, .last = today, .empty = false}, {}, today));
    CHECK(!halve({.first = {}, .last = {}, .empty = true}, {}, today));
    CHECK(!middle_of({back(4), back(4)}));
}

TEST_CASE("an archive that refuses everything is walked back in steps that grow")
{
    da_range rest;
    int steps = 0;
    for (; auto const halves = halve(rest, {}, today); ++steps)
        rest = halves->first;
    CHECK(steps >= 10);
    CHECK(steps <= 20);
    CHECK(rest.last < back(45'000));
}

TEST_CASE("an archive that refuses everything is asked for no day that has no name")
{
    da_range rest{.first = today, .last = {}, .empty = false};
    int steps = 0;
    for (; auto const halves = halve(rest, {}, today); ++steps) {
        rest = halves->second;
        CHECK(*rest.first <= *pons::mapping::codecs::parse_da("99991231"));
    }
    CHECK(steps >= 10);
    CHECK(steps <= 30);
}

TEST_CASE("the value of a date key is read back")
{
    struct {
        char const* key;
        bool read;
        bool first;
        bool last;
    } const cases[] = {
        {"", true, false, false},         {"20240101", true, true, true},          {"20240101-", true, true, false},
        {"-20240101", true, false, true}, {"20240101-20240131", true, true, true}, {"\"\"", false, false, false},
        {"2024*", false, false, false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.key);
        auto const range = to_da_range(c.key);
        REQUIRE(range.has_value() == c.read);
        if (range) {
            CHECK(range->first.has_value() == c.first);
            CHECK(range->last.has_value() == c.last);
        }
    }
}

TEST_CASE("a day falls into slices of half an hour at least, which meet")
{
    std::vector<day_slice> open{day_slice{}};
    std::uint16_t reached = 0;
    std::size_t leaves = 0;
    while (!open.empty()) {
        auto const one = open.back();
        open.pop_back();
        if (auto const halves = halve(one)) {
            open.push_back(halves->second);
            open.push_back(halves->first);
            continue;
        }
        CHECK(one.from == reached);
        CHECK(one.to - one.from <= 30);
        reached = one.to;
        ++leaves;
    }
    CHECK(reached == day_slice::minutes_of_day);
    CHECK(leaves == 64);
    CHECK(to_tm_key({}) == "-");
    CHECK(to_tm_key({0, 450}) == "-073000");
    CHECK(to_tm_key({450, 720}) == "073000-120000");
    CHECK(to_tm_key({720, day_slice::minutes_of_day}) == "120000-");
}

TEST_CASE("the minute of a time")
{
    struct {
        char const* tm;
        std::optional<std::uint16_t> minute;
    } const cases[] = {
        {"101530", 615}, {"1015", 615}, {"10", 600},  {"10:15:30", 615}, {"101530.250000", 615}, {"235960", 1439},
        {"", {}},        {"@", {}},     {"2401", {}}, {"1", {}},         {"1060", {}},           {"101", {}},
    };
    for (auto const& c : cases) {
        CAPTURE(c.tm);
        CHECK(minute_of(c.tm) == c.minute);
    }
}
