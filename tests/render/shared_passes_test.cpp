#include "tests/render/passes.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test::passes;
using namespace std::chrono_literals;

TEST_CASE("frames that are asked for while a pass runs come of one pass")
{
    tried t;
    auto& first = t.ask_for(1);
    auto& a = t.ask_for(9);
    auto& b = t.ask_for(4);
    auto& c = t.ask_for(9);
    REQUIRE(t.runs.size() == 1);
    CHECK(t.runs[0].asked.frames == numbers{1});
    t.release(0);
    CHECK(is_well(first));
    CHECK(first.to.got == "1:frame 1;");
    REQUIRE(t.runs.size() == 2);
    CHECK(t.runs[1].asked.frames == numbers{4, 9});
    CHECK_FALSE(a.done);
    t.release(1);
    for (auto const* one : {&a, &b, &c})
        CHECK(is_well(*one));
    CHECK(a.to.got == "9:frame 9;");
    CHECK(b.to.got == "4:frame 4;");
    CHECK(c.to.got == "9:frame 9;");

    auto& later = t.ask_for(4);  // nothing is kept
    CHECK(t.runs.size() == 3);
    t.release(2);
    CHECK(later.to.got == "4:frame 4;");
}

TEST_CASE("one that is alone in its pass runs as if it had come alone")
{
    tried t;
    t.ask_for(1);
    auto& second = t.ask_for(2);
    t.release(0);
    REQUIRE(t.runs.size() == 2);
    auto& third = t.ask_for(3);
    CHECK(t.runs.size() == 2);
    t.release(1);
    CHECK(second.to.got == "2:frame 2;");
    t.release(2);
    CHECK(third.to.got == "3:frame 3;");
}

TEST_CASE("only what is the same but for the frame shares a pass")
{
    tried t;
    auto other = tried::frames({3});
    other.stored_syntaxes = {"*"};
    job const rendered{.kind = pons::render::job_kind::render, .frames = {3}};
    job representative{.kind = pons::render::job_kind::render};
    t.ask_for(1);
    t.ask_for(2);
    CHECK(t.runs.size() == 1);
    t.ask(other);
    t.ask(rendered);
    t.ask(representative);
    t.ask(tried::frames({3}), "1.2.4");
    CHECK(t.runs.size() == 5);
    t.ask(tried::frames({}));  // several parts, or we do not know how many: by themselves
    t.ask(tried::frames({1, 2}));
    t.ask(tried::frames({1, 2}));
    t.ask({.kind = pons::render::job_kind::render, .format = pons::render::image_format::gif});
    t.ask(tried::frames({3}), "");
    t.ask(tried::frames({3}), "");
    CHECK(t.runs.size() == 11);
    auto& same = t.ask(representative);
    auto& again = t.ask(representative);
    CHECK(t.runs.size() == 11);
    t.release(4 - 1);
    t.release(3 - 1);
    t.release(11);
    CHECK(same.to.got == "7:frame 7;");
    CHECK(again.to.got == "7:frame 7;");
    for (std::size_t i = 0; i < t.runs.size(); ++i)
        t.release(i);
    for (auto const& one : t.requests)
        CHECK(is_well(one));
}

TEST_CASE("who leaves takes nobody along")
{
    tried t;
    SUBCASE("the first")
    {
        auto& first = t.ask_for(1);
        auto& a = t.ask_for(2);
        t.ask_for(3);
        t.give_up(first);
        CHECK(failed_with(first, make_error_code(errc::cancelled)));
        REQUIRE(t.runs.size() == 2);
        t.release(1);
        CHECK(a.to.got == "2:frame 2;");
    }
    SUBCASE("one that waits")
    {
        t.ask_for(1);
        auto& a = t.ask_for(2);
        auto& b = t.ask_for(3);
        auto& c = t.ask_for(4);
        t.give_up(a);
        CHECK(failed_with(a, make_error_code(errc::cancelled)));
        t.release(0);
        CHECK(t.runs.at(1).asked.frames == numbers{3, 4});
        t.give_up(b);
        CHECK(failed_with(b, make_error_code(errc::cancelled)));
        CHECK_FALSE(t.runs.at(1).ended);
        t.release(1);
        CHECK(c.to.got == "4:frame 4;");
    }
    SUBCASE("the last one ends the pass, and what comes then begins anew")
    {
        t.ask_for(1);
        auto& a = t.ask_for(2);
        auto& b = t.ask_for(3);
        t.release(0);
        t.give_up(a);
        CHECK_FALSE(t.runs.at(1).ended);
        t.give_up(b);
        CHECK(t.runs.at(1).ended);
        CHECK(failed_with(b, make_error_code(errc::cancelled)));
        auto& c = t.ask_for(4);
        t.release(2);
        CHECK(c.to.got == "4:frame 4;");
    }
    SUBCASE("all that wait leave before their pass")
    {
        t.ask_for(1);
        t.give_up(t.ask_for(2));
        t.give_up(t.ask_for(3));
        t.release(0);
        CHECK(t.runs.size() == 1);
        auto& c = t.ask_for(4);
        t.release(1);
        CHECK(c.to.got == "4:frame 4;");
    }
}

TEST_CASE("what fails for all fails for all, what concerns a frame for those that asked for it")
{
    tried t;
    t.ask_for(1);
    auto& a = t.ask_for(2);
    auto& b = t.ask_for(3);
    SUBCASE("the archive")
    {
        t.release(0);
        t.fails = errc::unreachable;
        t.release(1);
        CHECK(t.runs.size() == 2);
        for (auto const* one : {&a, &b})
            CHECK(failed_with(*one, make_error_code(errc::unreachable)));
        CHECK(a.done->error().where == "here");
    }
    SUBCASE("the instance")
    {
        t.release(0);
        t.broken = {{2, pixels::no_pixel_data}};
        t.release(1);
        CHECK(t.runs.size() == 2);
        for (auto const* one : {&a, &b})
            CHECK(failed_with(*one, make_error_code(pixels::no_pixel_data)));
    }
    SUBCASE("a frame, when others have come")
    {
        t.broken = {{3, pixels::malformed}};
        t.release(0);
        t.release(1);
        CHECK(a.to.got == "2:frame 2;");
        REQUIRE(t.runs.size() == 3);
        t.release(2);
        CHECK(failed_with(b, make_error_code(pixels::malformed)));
    }
    SUBCASE("a frame that there is not, before any")
    {
        t.broken = {{2, pixels::no_such_frame}};
        t.release(0);
        t.release(1);
        REQUIRE(t.runs.size() == 4);
        t.release(2);
        t.release(3);
        CHECK(failed_with(a, make_error_code(pixels::no_such_frame)));
        CHECK(b.to.got == "3:frame 3;");
    }
}
