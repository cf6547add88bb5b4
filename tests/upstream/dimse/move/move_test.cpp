#include "tests/upstream/dimse/move/scripted_move.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <thread>

namespace {

using namespace pons;
using namespace pons::test;
constexpr std::uint16_t c_find = 0x0020;

TEST_CASE("C-MOVE: the instances of a study on one association")
{
    scripted s([](archive_side& side) {
        side.respond(0xFF00, {3, 0, 0, 0});
        raw_scu to(side.port);
        REQUIRE(to.associate("PONS_MOVE", "ARCHIVE") == 2);
        for (std::string const uid : {"1.1", "1.2", "1.3"})
            CHECK(to.store(side.instance(uid), image_of("1.2.3", uid)) == 0);
        side.respond(0, {{}, 3, 0, 0});
        to.release();
    });
    auto const ended = s.move();
    REQUIRE(ended.how);
    CHECK(ended.how->instances == 3);
    CHECK(ended.how->completed == 3);
    check_parts(s.parts, {"1.1", "1.2", "1.3"});
    CHECK(s.identifier.find(explicit_element(0x00080052, "CS", "STUDY")) != bytes::npos);
    CHECK(s.identifier.find(explicit_element(0x0020000D, "UI", "1.2.3", '\0')) != bytes::npos);
    CHECK_FALSE(s.cancelled);
}

TEST_CASE("C-MOVE: where the archive was reached it stands")
{
    scripted s([](archive_side& side) {
        CHECK(side.store("1.1") == 0);
        side.respond(0, {{}, 1, 0, 0});
    });
    auto const stands_here = [&] { return s.ours.moves->stands_at("PONS_MOVE", "ARCHIVE", "127.0.0.1"); };
    for (int i = 0; i < 16; ++i)  // so many are kept
        s.ours.moves->reached(s.source.name, "192.0.2." + std::to_string(i));
    CHECK_FALSE(stands_here());
    REQUIRE(s.move().how);
    CHECK(stands_here());
}

TEST_CASE("C-MOVE: ways in which archives deliver")
{
    struct {
        char const* name;
        scripted::script archive;
    } const cases[] = {
        {"an association for each instance",
         [](archive_side& side) {
             CHECK(side.store("1.1") == 0);
             CHECK(side.store("1.2") == 0);
             side.respond(0, {{}, 2, 0, 0});
         }},
        {"without originator",
         [](archive_side& side) {
             CHECK(side.store("1.1", false) == 0);
             CHECK(side.store("1.2", false) == 0);
             side.respond(0, {{}, 2, 0, 0});
         }},
        {"several associations at once",
         [](archive_side& side) {
             std::thread other([&] { CHECK(side.store("1.1") == 0); });
             CHECK(side.store("1.2") == 0);
             other.join();
             side.respond(0, {{}, 2, 0, 0});
         }},
        {"two associations, an instance of each begun before the first has ended",
         [](archive_side& side) {
             raw_scu one(side.port), two(side.port);
             REQUIRE(one.associate("PONS_MOVE", "ARCHIVE") == 2);
             REQUIRE(two.associate("PONS_MOVE", "ARCHIVE") == 2);
             auto const first =
                 raw_scu::store_request(side.instance("1.1")) + raw_scu::data_set(image_of("1.2.3", "1.1"));
             one.write(first.substr(0, first.size() / 2));
             two.write(raw_scu::store_request(side.instance("1.2")) + raw_scu::data_set(image_of("1.2.3", "1.2")));
             one.write(first.substr(first.size() / 2));
             CHECK(one.read_status() == 0);
             CHECK(two.read_status() == 0);
             side.respond(0, {{}, 2, 0, 0});
         }},
        {"the final response before the last instance",
         [](archive_side& side) {
             CHECK(side.store("1.1") == 0);
             side.respond(0, {{}, 2, 0, 0});
             CHECK(side.store("1.2") == 0);
         }},
        {"the final response before any instance, warnings counted",
         [](archive_side& side) {
             side.respond(0, {{}, 1, 0, 1});
             CHECK(side.store("1.1") == 0);
             CHECK(side.store("1.2") == 0);
         }},
        {"a response for every instance, with a list of none that failed",
         [](archive_side& side) {
             CHECK(side.store("1.1") == 0);
             side.respond(0xFF00, {1, 1, 0, 0});
             CHECK(side.store("1.2") == 0);
             side.peer.write(move_response(side.rq, 0, {0, 2, 0, 0}, {}, explicit_element(0x00080058, "UI", "")));
         }},
        {"one that others send meanwhile",
         [](archive_side& side) {
             CHECK(side.store("1.1") == 0);
             CHECK(side.store("9.9", false, "9") == refused);
             CHECK(side.store("9.9", true, "9") == refused);
             CHECK(side.store("1.2") == 0);
             side.respond(0, {{}, 2, 0, 0});
         }},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        scripted s(c.archive);
        auto const ended = s.move();
        REQUIRE(ended.how);
        CHECK(ended.how->instances == 2);
        check_parts(s.parts, {"1.1", "1.2"});
        CHECK_FALSE(s.cancelled);
    }
}

TEST_CASE("C-MOVE: counters that are missing or zero do not end it, what is expected does")
{
    scripted s([](archive_side& side) {
        side.respond(0xFF00, {0, 0, 0, 0});
        CHECK(side.store("1.1") == 0);
        side.respond(0, {{}, 0, 0, 0});
        CHECK(side.store("1.2") == 0);
    });
    SUBCASE("UIDs")
    {
        auto const ended = s.move({.what = {"1.2.3", {}, {}}, .expected = {"1.1", "1.2"}});
        CHECK(ended.how);
    }
    SUBCASE("their number")
    {
        auto const ended = s.move({.what = {"1.2.3", {}, {}}, .expected = {}, .instances = 2});
        CHECK(ended.how);
    }
    SUBCASE("the grace period")
    {
        auto const ended = s.move({.what = {"1.2.3", {}, {}}}, {.grace = patient});
        CHECK(ended.how);
    }
    check_parts(s.parts, {"1.1", "1.2"});
}

TEST_CASE("C-MOVE: Success only after the receiver has taken the instance")
{
    std::atomic<bool> answered{false};
    scripted s([&](archive_side& side) {
        CHECK(side.store("1.1") == 0);
        answered = true;
        side.respond(0, {{}, 1, 0, 0});
    });
    int writes = 0;
    s.parts.before_write = [&]() -> awaitable<result<void>> {
        ++writes;
        for (int i = 0; i < 100; ++i)
            co_await asio::post(use_awaitable);
        CHECK_FALSE(answered);
        co_return result<void>();
    };
    CHECK(s.move().how);
    CHECK(writes > 0);
}

TEST_CASE("C-MOVE: for one study one at a time, until the archive is seen to tell the originator")
{
    std::atomic<int> at_once{0};
    std::atomic<int> most{0};
    bool originator = false;
    SUBCASE("it does not") {}
    SUBCASE("it does")
    {
        originator = true;
    }
    std::latch both(2);
    auto source = source_at(0);
    move_destination ours(std::vector{source});
    raw_scp archive([&](raw_scp::connection& peer) {
        peer.accept_association();
        for (;;) {
            auto const rq = peer.read_message();
            if (rq.command_field == c_find)
                peer.respond(rq, 0);
            if (rq.command_field != c_move)
                continue;
            auto const now = ++at_once;
            most = std::max(most.load(), now);
            archive_side side{peer, rq, ours.port()};
            if (originator && ours.moves->tells_originator("tested"))
                both.arrive_and_wait();
            CHECK(side.store("1.1", originator) == 0);
            --at_once;
            side.respond(0, {{}, 1, 0, 0});
        }
    });
    source.port = archive.port();
    source.limits.associations = 4;
    source.retrieve = {config::retrieve_method::c_move};
    auto const pool = upstream::dimse::make_pool(source);
    auto const from = upstream::dimse::make_dimse_archive(source, pool, ours.moves);
    asio::io_context context(1);
    int well = 0;
    auto const retrieve = [&](kept_parts& into) {
        auto work = [](upstream::archive& a, kept_parts& to) -> awaitable<result<upstream::retrieved>> {
            upstream::retrieve_request const study{"1.2.3", {}, {}};
            auto got = co_await a.retrieve(study, to, clock::now() + 1h);
            co_return got;
        };
        asio::co_spawn(context, work(*from, into), [&](std::exception_ptr, result<upstream::retrieved> r) {
            REQUIRE(r);
            ++well;
        });
    };
    kept_parts first, second, third;
    retrieve(first);
    context.run();
    retrieve(second);
    retrieve(third);
    context.restart();
    context.run();
    CHECK(well == 3);
    CHECK(most == (originator ? 2 : 1));
    for (auto const* parts : {&first, &second, &third})
        check_parts(*parts, {"1.1"});
}

}  // namespace
