#include "tests/upstream/dimse/move/scripted_move.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <thread>

namespace {

using namespace pons;
using namespace pons::test;
using upstream::errc;

TEST_CASE("C-MOVE: what comes after the grace period is refused, and was missing")
{
    std::latch over(1);
    std::atomic<std::uint16_t> late{0};
    scripted s([&](archive_side& side) {
        CHECK(side.store("1.1") == 0);
        side.respond(0, {{}, 2, 0, 0});
        over.wait();
        late = side.store("1.2");
    });
    auto const ended = s.move({.what = {"1.2.3", {}, {}}}, {.grace = 20ms});
    over.count_down();
    REQUIRE_FALSE(ended.how);
    CHECK(ended.how.error() == failure{errc::incomplete, "source tested, C-MOVE: 1 of 2 instances came"});
    CHECK_FALSE(ended.another_way);
    while (late == 0)
        std::this_thread::yield();
    CHECK(late == refused);
    check_parts(s.parts, {"1.1"});
}

TEST_CASE("C-MOVE: the final response never comes")
{
    std::latch over(1);
    scripted s([&](archive_side& side) {
        CHECK(side.store("1.1") == 0);
        side.respond(0xFF00, {1, 1, 0, 0});
        CHECK(side.store("1.2") == 0);
        over.wait();
    });
    s.source.timeouts.first_response = s.source.timeouts.between_responses = 1h;
    SUBCASE("but all that was expected")
    {
        CHECK(s.move({.what = {"1.2.3", {}, {}}, .expected = {"1.2", "1.1"}}).how);
    }
    SUBCASE("but as many as there are, and then nothing")
    {
        s.source.timeouts.between_responses = patient;
        CHECK(s.move({.what = {"1.2.3", {}, {}}, .expected = {}, .instances = 2}).how);
    }
    SUBCASE("and nobody knows whether that is all")
    {
        s.source.timeouts.between_responses = patient;
        auto const ended = s.move();
        REQUIRE_FALSE(ended.how);
        CHECK(ended.how.error() == failure{errc::timed_out, "source tested, C-MOVE"});
        CHECK_FALSE(ended.another_way);
    }
    SUBCASE("and some are missing")
    {
        s.source.timeouts.between_responses = patient;
        CHECK_FALSE(s.move({.what = {"1.2.3", {}, {}}, .expected = {"1.2", "1.1", "1.3"}}).how);
    }
    over.count_down();
    check_parts(s.parts, {"1.1", "1.2"});
}

TEST_CASE("C-MOVE: an archive that is silent from the beginning is cancelled")
{
    scripted s([](archive_side&) {});
    s.source.timeouts.first_response = 20ms;
    auto const ended = s.move();
    REQUIRE_FALSE(ended.how);
    CHECK(ended.how.error().code == errc::timed_out);
    while (s.archive.aborted() + s.archive.released() == 0)
        std::this_thread::yield();
    CHECK(s.cancelled);
}

TEST_CASE("C-MOVE: the archive drops a sub-operation in the middle")
{
    scripted s([](archive_side& side) {
        CHECK(side.store("1.1") == 0);
        raw_scu to(side.port);
        REQUIRE(to.associate("PONS_MOVE", "ARCHIVE") == 2);
        auto const whole = raw_scu::store_request(side.instance("1.2")) + raw_scu::data_set(image_of("1.2.3", "1.2"));
        to.write(whole.substr(0, whole.size() - 100));
        to.abort();
    });
    auto const ended = s.move();
    REQUIRE_FALSE(ended.how);
    CHECK(ended.how.error() == failure{errc::aborted, "source tested, C-STORE of a C-MOVE"});
    check_parts(s.parts, {"1.1"});
    while (s.archive.aborted() + s.archive.released() == 0)
        std::this_thread::yield();
    CHECK(s.cancelled);
}

TEST_CASE("C-MOVE: the association of it breaks")
{
    SUBCASE("and nothing says that all has come")
    {
        scripted s([](archive_side& side) {
            CHECK(side.store("1.1") == 0);
            side.peer.abort();
        });
        auto const ended = s.move();
        REQUIRE_FALSE(ended.how);
        CHECK(ended.how.error() == failure{errc::aborted, "source tested, receive"});
    }
    SUBCASE("but everything comes")
    {
        scripted s([](archive_side& side) {
            CHECK(side.store("1.1") == 0);
            side.peer.abort();
            CHECK(side.store("1.2") == 0);
        });
        CHECK(s.move({.what = {"1.2.3", {}, {}}, .expected = {"1.2", "1.1"}}).how);
        check_parts(s.parts, {"1.1", "1.2"});
    }
    SUBCASE("with something that is no response to it")
    {
        scripted s([](archive_side& side) {
            auto other = side.rq;
            ++other.message_id;
            side.peer.write(move_response(other, 0));
        });
        auto const ended = s.move();
        REQUIRE_FALSE(ended.how);
        CHECK(ended.how.error() == failure{errc::malformed, "source tested, C-MOVE response"});
    }
}

TEST_CASE("C-MOVE: a receiver who stalls, or goes, ends it at the archive")
{
    std::atomic<int> second{-1};
    scripted s([&](archive_side& side) {
        CHECK(side.store("1.1") == 0);
        try {
            second = side.store("1.2");
        } catch (raw_scu::gone const&) {
            second = 0xFFFF;  // aborted
        }
    });
    SUBCASE("it goes")
    {
        s.parts.before_write = [&]() -> awaitable<result<void>> {
            if (s.parts.heads.size() < 2)
                co_return result<void>();
            co_return fail(errc::cancelled, "the client");
        };
        auto const ended = s.move();
        REQUIRE_FALSE(ended.how);
        CHECK(ended.how.error() == failure{errc::cancelled, "the client"});
    }
    SUBCASE("it stalls")
    {
        // Of all that the errand does for one who is not there, nothing is waited for but the second instance.
        s.parts.before_write = [&]() -> awaitable<result<void>> {
            while (s.parts.heads.size() > 1 && second < 0)
                co_await asio::post(use_awaitable);
            co_return result<void>();
        };
        auto const ended = s.move({.what = {"1.2.3", {}, {}}}, {.stall = 30ms});
        REQUIRE_FALSE(ended.how);
        CHECK(ended.how.error().code == errc::stalled);
    }
    while (s.archive.aborted() + s.archive.released() == 0)
        std::this_thread::yield();
    CHECK(second != 0);
    CHECK(s.cancelled);
    CHECK(s.ours.provider->counts().delivered == 1);
}

}  // namespace
