#include "upstream/search/window.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace pons::upstream;
using pons::mapping::codecs::da_range;
using pons::mapping::codecs::local_days;
using std::chrono::days;
using namespace std::chrono_literals;

namespace {

constexpr local_days today{std::chrono::year(2025) / 1 / 1};

std::vector<da_range> all_windows(window_walk& walk, auto const& rows_of)
{
    std::vector<da_range> windows;
    while (auto const window = walk.next()) {
        REQUIRE(windows.size() < 50'000);
        windows.push_back(*window);
        walk.answered(rows_of(*window));
    }
    return windows;
}

}  // namespace

TEST_CASE("windows hold every day once, whatever they bring")
{
    struct {
        std::string name;
        std::size_t rows_a_day;
    } const cases[] = {{"nothing", 0}, {"a few", 1}, {"much", 40}, {"very much", 5000}};
    for (auto const& c : cases) {
        CAPTURE(c.name);
        local_days const first{std::chrono::year(2023) / 1 / 1}, last{std::chrono::year(2024) / 12 / 31};
        window_walk walk({.first = first, .last = last, .empty = false}, {}, today, 50);
        auto const windows = all_windows(walk, [&](da_range const& w) {
            return c.rows_a_day * static_cast<std::size_t>((*w.last - *w.first).count() + 1);
        });
        CHECK(windows.front().last == last);
        CHECK(windows.back().first == first);
        for (std::size_t i = 1; i < windows.size(); ++i) {
            CHECK(windows[i].first <= windows[i].last);
            CHECK(*windows[i].last + days(1) == *windows[i - 1].first);
        }
        CHECK(walk.done());
        CHECK(walk.complete_from() == first);
    }
}

TEST_CASE("without bounds the first window is open to the future and the last one to the past")
{
    window_walk walk({}, {}, today, 50);
    auto const windows = all_windows(walk, [](da_range const&) { return std::size_t{0}; });
    CHECK(!windows.front().last);
    CHECK(windows.front().first <= today);
    CHECK(!windows.back().first);
    CHECK_MESSAGE(windows.size() <= 12, windows.size());
    for (std::size_t i = 1; i < windows.size(); ++i)
        CHECK(*windows[i].last + days(1) == *windows[i - 1].first);
}

TEST_CASE("windows grow where there is little and shrink where there is much")
{
    window_walk walk({}, {}, today, 50);
    auto const length = [&] {
        auto const window = walk.next();
        return (window->last ? *window->last : today) - *window->first + days(1);
    };
    CHECK(length() == days(7));
    walk.answered(0);
    CHECK(length() == days(28));
    walk.answered(10);
    CHECK(length() == days(56));
    walk.answered(60);
    CHECK(length() == days(56));
    walk.answered(200);
    CHECK(length() == days(28));
}

TEST_CASE("a window that held more than it gave is halved down to a day")
{
    window_walk walk({}, {}, today, 50);
    int halves = 0;
    while (walk.halve())
        ++halves;
    CHECK(halves == 2);  // 7, 3, 1
    auto const day = walk.next();
    CHECK(day->first == today);
    CHECK(!walk.complete_from());
    walk.answered(500);
    CHECK(walk.complete_from() == today);
    CHECK(walk.next()->last == today - days(1));
}

TEST_CASE("halving reaches a day from the window that is open to the past as well")
{
    local_days const last{std::chrono::year(1903) / 1 / 1};
    window_walk walk({.first = {}, .last = last, .empty = false}, {}, today, 50);
    for (int i = 0; i < 8; ++i)
        walk.answered(0);
    CHECK(walk.done());

    window_walk wide({.first = {}, .last = last, .empty = false}, {}, today, 50);
    wide.answered(0);
    wide.answered(0);
    wide.answered(0);
    wide.answered(0);
    wide.answered(0);
    int halves = 0;
    while (!wide.done() && wide.halve())
        REQUIRE(++halves < 40);
    if (!wide.done()) {
        auto const day = wide.next();
        REQUIRE(day->first);
        CHECK(day->first == day->last);
    }
}

TEST_CASE("a walk that goes on starts at its day, and within its bounds")
{
    local_days const first{std::chrono::year(2024) / 1 / 1}, last{std::chrono::year(2024) / 12 / 31};
    da_range const year{.first = first, .last = last, .empty = false};
    CHECK(window_walk(year, last - days(10), today, 50).next()->last == last - days(10));
    CHECK(window_walk(year, last + days(10), today, 50).next()->last == last);
    CHECK(!window_walk(year, first - days(1), today, 50).next());
    CHECK(!window_walk({.first = {}, .last = {}, .empty = true}, {}, today, 50).next());
}
