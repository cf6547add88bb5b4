#include "tests/render/passes.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test::passes;
using namespace std::chrono_literals;

TEST_CASE("a slow client keeps nobody waiting, nor the pass")
{
    tried t;
    steady_timer let_go(t.on, time_point::max());
    t.ask_for(1);
    auto& slow = t.ask_for(2);
    auto& quick = t.ask_for(3);
    slow.to.slow = &let_go;
    t.release(0);
    t.release(1);
    CHECK(is_well(quick));
    CHECK_FALSE(slow.done);
    auto& next = t.ask_for(4);
    CHECK(t.runs.size() == 3);
    t.release(2);
    CHECK(is_well(next));
    let_go.cancel();
    t.settle();
    CHECK(is_well(slow));
    CHECK(slow.to.got == "2:frame 2;");
}

TEST_CASE("frames that find no room are made for each alone")
{
    tried t({.held = 10, .patience = 1h, .coming_back = 0ms});
    steady_timer let_go(t.on, time_point::max());
    t.ask_for(1);
    auto& a = t.ask_for(2);
    auto& b = t.ask_for(3);
    a.to.slow = &let_go;  // holds its frame
    t.release(0);
    t.release(1);
    REQUIRE(t.runs.size() == 3);
    CHECK(t.runs[2].asked.frames == numbers{3});
    t.release(2);
    CHECK(b.to.got == "3:frame 3;");
    let_go.cancel();
    t.settle();
    CHECK(is_well(a));
}

TEST_CASE("those that got a frame are waited for, and no longer than until all have come")
{
    tried t({.patience = 1h, .coming_back = 1h});
    t.ask_for(1);
    t.ask_for(2);
    t.ask_for(3);
    t.release(0);
    auto& meanwhile = t.ask_for(4);
    t.release(1);
    CHECK(t.runs.size() == 2);
    t.ask_for(5);
    CHECK(t.runs.size() == 2);
    t.ask_for(6);
    REQUIRE(t.runs.size() == 3);
    CHECK(t.runs[2].asked.frames == numbers{4, 5, 6});
    t.release(2);
    CHECK(is_well(meanwhile));
}

TEST_CASE("a pass that takes long is not waited for forever")
{
    tried t({.patience = 0ms, .coming_back = 0ms});
    t.ask_for(1);
    auto& a = t.ask_for(2);
    CHECK(t.runs.size() == 2);
    t.release(1);
    CHECK(is_well(a));
    CHECK_FALSE(t.requests.front().done);
    t.release(0);
    CHECK(is_well(t.requests.front()));
}

TEST_CASE("each has its own deadline, and a pass as many clients as it may")
{
    tried t({.clients = 2, .patience = 1h, .coming_back = 0ms});
    t.ask_for(1);
    auto& late = t.ask(tried::frames({2}), "1.2.3", clock::now());
    CHECK(failed_with(late, make_error_code(pixels::out_of_time)));
    t.ask_for(3);
    CHECK(t.runs.size() == 1);
    t.ask_for(4);
    REQUIRE(t.runs.size() == 2);
    CHECK(t.runs[1].asked.frames == numbers{3, 4});
    t.release(1);
    t.release(0);
}
