#include "tests/upstream/dimse/move/scripted_move.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace pons;
using namespace pons::test;
using upstream::errc;

TEST_CASE("C-MOVE: final statuses")
{
    constexpr char enter[] = "; enter the AE title PONS_MOVE with our host and DICOM port at the archive";
    constexpr char look[] = "; often the archive cannot connect to PONS_MOVE: look at its host and port there";
    constexpr char either[] = "; often PONS_MOVE is not known there, or cannot be connected to";
    struct {
        std::uint16_t status;
        counters counted;
        errc code;
        std::string where;
        bool another_way;
        int retry_after;
    } const cases[] = {
        {0xA801, {}, errc::refused, std::string(" status A801: move destination unknown there") + enter, true, 0},
        {0xA702,
         {{}, 0, 3, 0},
         errc::refused,
         std::string(" status A702: sub-operations cannot be performed") + look,
         true,
         30},
        {0xA701, {}, errc::refused, " status A701: out of resources, matches cannot be counted", true, 30},
        {0xC000, {}, errc::refused, std::string(" status C000: unable to process") + either, true, 30},
        {0xC511, {}, errc::refused, std::string(" status C511: unable to process") + either, true, 30},
        {0x0122, {}, errc::unsupported, " status 0122: C-MOVE is not supported", true, 0},
        {0xFE00, {}, errc::refused, " status FE00: ended by the archive", true, 0},
        {0x0110, {}, errc::refused, " status 0110: failed", true, 0},
        {0xB000, {{}, 0, 2, 0}, errc::incomplete, ": 2 sub-operations failed", true, 0},
        {0xB000, {}, errc::incomplete, ": 1 sub-operations failed", true, 0},
        {0x0000, {{}, 0, 2, 0}, errc::incomplete, ": 2 sub-operations failed", true, 0},
        {0x0000, {{}, 0, 0, 0}, errc::not_found, " without sub-operations", true, 0},
        {0x0000, {}, errc::not_found, " without sub-operations", true, 0},
    };
    for (auto const& c : cases) {
        CAPTURE(c.status);
        scripted s([&](archive_side& side) { side.respond(c.status, c.counted, "Doe^Jane was not found"); });
        auto const ended = s.move({.what = {"1.2.3", {}, {}}}, {.grace = 10ms});
        REQUIRE_FALSE(ended.how);
        CHECK(ended.how.error() ==
              failure{c.code, "source tested, C-MOVE" + c.where, std::chrono::seconds(c.retry_after)});
        CHECK(ended.another_way == c.another_way);
    }
}

TEST_CASE("C-MOVE: some came, others failed")
{
    for (auto const status : {std::uint16_t{0xB000}, std::uint16_t{0}, std::uint16_t{0xA702}}) {
        CAPTURE(status);
        scripted s([&](archive_side& side) {
            CHECK(side.store("1.1") == 0);
            side.respond(status, {{}, 1, 1, 0});
        });
        auto const ended = s.move();
        REQUIRE_FALSE(ended.how);
        CHECK(ended.how.error().code == (status == 0xA702 ? errc::refused : errc::incomplete));
        CHECK_FALSE(ended.another_way);
    }
    scripted s([&](archive_side& side) {  // but what was wanted is there
        CHECK(side.store("1.1") == 0);
        side.respond(0xB000, {{}, 1, 1, 0});
    });
    CHECK(s.move({.what = {"1.2.3", {}, {}}, .expected = {"1.1"}}).how);
}

TEST_CASE("C-MOVE: it is not accepted, or there is no association")
{
    move_destination ours(std::vector{source_at(0)});
    kept_parts parts;
    SUBCASE("no context")
    {
        raw_scp archive([](raw_scp::connection& peer) {
            peer.accept_no_context();
            peer.read_message();
        });
        upstream::dimse::association_pool pool(source_at(archive.port()));
        auto const ended = move_all(pool, {.what = {"1.2.3", {}, {}}}, ours.moves, parts);
        REQUIRE_FALSE(ended.how);
        CHECK(ended.how.error() == failure{errc::unsupported, "source tested, C-MOVE not accepted"});
        CHECK(ended.another_way);
    }
    SUBCASE("rejected")
    {
        raw_scp archive([](raw_scp::connection& peer) { peer.reject_association(1, 1, 7); });
        upstream::dimse::association_pool pool(source_at(archive.port()));
        auto const ended = move_all(pool, {.what = {"1.2.3", {}, {}}}, ours.moves, parts);
        REQUIRE_FALSE(ended.how);
        CHECK(ended.how.error().code == errc::association_rejected);
        CHECK(ended.another_way);
    }
}

}  // namespace
