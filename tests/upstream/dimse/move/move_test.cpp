#include "tests/upstream/dimse/move/moving.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>

namespace {

using namespace pons;
using namespace pons::test;
using upstream::errc;
using upstream::dimse::move_order;

constexpr std::uint16_t c_find = 0x0020;
constexpr std::uint16_t c_move = 0x0021;
constexpr std::uint16_t c_cancel = 0x0FFF;
constexpr std::uint16_t refused = 0xA700;

/// Longer than a busy machine takes from one instance to the next.
constexpr auto patient = 1500ms;

/// The archive's two hands: the C-MOVE that it was asked for, and associations to our store provider.
struct archive_side {
    raw_scp::connection& peer;
    dimse_message const& rq;
    std::uint16_t port;

    void respond(std::uint16_t status, counters const& c = {}, std::string_view comment = {})
    {
        peer.write(move_response(rq, status, c, comment));
    }

    /// One instance on an association of its own. No `originator`: the archive does not tell it.
    std::uint16_t store(std::string const& uid, bool originator = true, std::string const& study = "1.2.3")
    {
        raw_scu to(port);
        if (to.associate("PONS_MOVE", "ARCHIVE") != 2)
            return 1;
        auto const status = to.store(instance(uid, originator), image_of(study, uid));
        to.release();
        return status;
    }

    raw_store instance(std::string const& uid, bool originator = true) const
    {
        return {1, uid, originator ? "PONS" : "", originator ? rq.message_id : std::uint16_t{0}};
    }
};

struct scripted {
    using script = std::function<void(archive_side&)>;

    /// What the archive does when it is asked for the instances.
    explicit scripted(script s)
        : archive([this, s = std::move(s)](raw_scp::connection& peer) {
              peer.accept_association();
              auto const rq = peer.read_message();
              if (rq.command_field != c_move)
                  return;
              identifier = rq.data_set;
              archive_side side{peer, rq, ours.port()};
              s(side);
              for (;;)  // to the release
                  if (peer.read_message().command_field == c_cancel)
                      cancelled = true;
          }),
          source(source_at(archive.port()))
    {
    }

    upstream::dimse::delivery::ending move(move_order order = {.what = {"1.2.3", {}, {}}}, moving_times times = {})
    {
        pool.emplace(source);
        return move_all(*pool, std::move(order), ours.moves, parts, times);
    }

    std::atomic<bool> cancelled{false};
    bytes identifier;
    move_destination ours{std::vector{source_at(0)}};
    raw_scp archive;
    config::source source;
    kept_parts parts;
    std::optional<upstream::dimse::association_pool> pool;
};

void check_parts(kept_parts const& parts, std::vector<std::string> const& uids)
{
    CHECK(parts.data_sets.size() == uids.size());
    for (auto const& uid : uids) {
        CAPTURE(uid);
        REQUIRE(parts.data_sets.contains(uid));
        CHECK((parts.data_sets.at(uid) == image_of("1.2.3", uid)));
    }
}

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
