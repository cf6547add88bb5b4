#include "tests/upstream/dimse/asking.hpp"

#include <doctest/doctest.h>

#include <dirent.h>

namespace {

using namespace pons;
using namespace pons::test;
using upstream::errc;

int open_descriptors()
{
    auto* const folder = ::opendir("/proc/self/fd");
    int count = 0;
    while (::readdir(folder))
        ++count;
    ::closedir(folder);
    return count;
}

TEST_CASE("a final status other than Success is an error, also after rows")
{
    struct {
        std::uint16_t status;
        errc code;
        char const* where;
    } const cases[] = {
        {0xA700, errc::too_broad, "source tested, C-FIND status A700"},
        {0xA900, errc::refused, "source tested, C-FIND status A900"},
        {0xC000, errc::refused, "source tested, C-FIND status C000"},
        {0x0122, errc::refused, "source tested, C-FIND status 0122"},
        {0xFE00, errc::refused, "source tested, C-FIND status FE00"},  // nobody of ours cancelled
    };
    for (auto const& c : cases) {
        CAPTURE(c.where);
        raw_scp const archive(answers({study_row(1), study_row(2)}, c.status));
        caller us(source_at(archive.port()));
        auto const found = us.find();
        REQUIRE_FALSE(found);
        CHECK(found.error().code == c.code);
        CHECK(found.error().where == c.where);
        CHECK_FALSE(us.find());
        CHECK(archive.connections() == 1);  // the association is as good as before
    }
}

TEST_CASE("the archive's own words never come out")
{
    raw_scp const archive([](raw_scp::connection& peer) {
        peer.accept_association();
        peer.respond(peer.read_message(), 0xC000, {}, "no such patient DOE^JANE");
        (void)peer.read_message();
    });
    caller us(source_at(archive.port()));
    auto const found = us.find();
    REQUIRE_FALSE(found);
    CHECK(found.error().where.find("DOE") == std::string::npos);
}

TEST_CASE("C-ECHO: a failure status is an error")
{
    raw_scp const archive([](raw_scp::connection& peer) {
        peer.accept_association();
        peer.respond_echo(peer.read_message(), 0x0122);
        (void)peer.read_message();
    });
    caller us(source_at(archive.port()));
    auto const verified = us.verify();
    REQUIRE_FALSE(verified);
    CHECK(verified.error().code == errc::refused);
}

TEST_CASE("an archive that breaks off in the middle")
{
    struct {
        char const* name;
        errc code;
        std::function<void(raw_scp::connection&, dimse_message const&)> ending;
    } const cases[] = {
        {"A-ABORT", errc::aborted, [](auto& peer, auto&) { peer.abort(); }},
        {"closes", errc::aborted, [](auto&, auto&) {}},
        {"asks for release", errc::aborted,
         [](auto& peer, auto&) {
             peer.write(bytes{'\x05', '\0', '\0', '\0', '\0', '\x04', '\0', '\0', '\0', '\0'});
             peer.wait_until_closed();
         }},
        {"no PDU", errc::malformed, [](auto& peer, auto&) { peer.write("HTTP/1.1 400 Bad Request\r\n\r\n"); }},
        {"a PDU of 4 GB", errc::malformed,
         [](auto& peer, auto&) {
             peer.write(bytes{'\x04', '\0', '\xFF', '\xFF', '\xFF', '\xFF', '\0', '\0'});
             peer.wait_until_closed();
         }},
        {"a PDV longer than its PDU", errc::malformed,
         [](auto& peer, auto&) {
             peer.write(
                 bytes{'\x04', '\0', '\0', '\0', '\0', '\x08', '\0', '\0', '\0', '\x7F', '\x01', '\x03', 'a', 'b'});
             peer.wait_until_closed();
         }},
        {"a PDV without room for its header", errc::malformed,
         [](auto& peer, auto&) {
             peer.write(bytes{'\x04', '\0', '\0', '\0', '\0', '\x04', '\0', '\0', '\0', '\0'});
             peer.wait_until_closed();
         }},
        {"answers another message", errc::malformed,
         [](auto& peer, auto& rq) {
             auto other = rq;
             ++other.message_id;
             peer.respond(other, 0x0000);
             peer.wait_until_closed();
         }},
        {"answers another service", errc::malformed,
         [](auto& peer, auto& rq) {
             peer.respond_echo(rq);
             peer.wait_until_closed();
         }},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        raw_scp const archive([&](raw_scp::connection& peer) {
            peer.accept_association();
            auto const rq = peer.read_message();
            peer.respond(rq, 0xFF00, study_row(1));
            peer.respond(rq, 0xFF00, study_row(2));
            c.ending(peer, rq);
        });
        caller us(source_at(archive.port()));
        auto const found = us.find(5s);
        REQUIRE_FALSE(found);
        CHECK(found.error().code == c.code);
        CHECK(archive.connections() == 1);  // never asked twice once something had come
    }
}

TEST_CASE("every wait has its own deadline")
{
    struct {
        char const* name;
        raw_scp::script behaviour;
        std::function<void(config::timeouts&)> shorten;
    } const cases[] = {
        {"association", [](auto& peer) { peer.wait_until_closed(), (void)peer.read_pdu(), peer.wait_until_closed(); },
         [](auto& t) { t.association = 40ms; }},
        {"first response",
         [](auto& peer) {
             peer.accept_association();
             (void)peer.read_message();
             (void)peer.read_message();
         },
         [](auto& t) { t.first_response = 40ms; }},
        {"between responses",
         [](auto& peer) {
             peer.accept_association();
             auto const rq = peer.read_message();
             peer.respond(rq, 0xFF00, study_row(1));
             (void)peer.read_message();
         },
         [](auto& t) { t.between_responses = 40ms; }},
        {"in the middle of a PDU",
         [](auto& peer) {
             peer.accept_association();
             (void)peer.read_message();
             peer.write(bytes{'\x04', '\0', '\0'});
             peer.wait_until_closed();
         },
         [](auto& t) { t.first_response = 40ms; }},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        raw_scp const archive(c.behaviour);
        auto source = source_at(archive.port());
        c.shorten(source.timeouts);
        caller us(source);
        auto const begin = clock::now();
        auto const found = us.find(30s);
        REQUIRE_FALSE(found);
        CHECK(found.error().code == errc::timed_out);
        CHECK(clock::now() - begin >= 40ms);
        CHECK(clock::now() - begin < 5s);
    }
}

TEST_CASE("the deadline of the request bounds the whole, however busy the archive is")
{
    raw_scp const archive([](raw_scp::connection& peer) {
        peer.accept_association();
        auto const rq = peer.read_message();
        for (int i = 0;; ++i)
            peer.respond(rq, 0xFF00, study_row(i));
    });
    auto source = source_at(archive.port());
    source.limits.max_rows = 0;
    caller us(source);
    auto const begin = clock::now();
    auto const found = us.find(100ms);
    REQUIRE_FALSE(found);
    CHECK(found.error().code == errc::timed_out);
    CHECK(clock::now() - begin < 5s);
}

TEST_CASE("a permanent rejection is told at once, in plain words")
{
    struct {
        std::uint8_t source, reason;
        char const* where;
    } const cases[] = {
        {1, 7, "source tested, rejected: called AE title not recognized"},
        {1, 3, "source tested, rejected: calling AE title not recognized"},
        {3, 2, "source tested, rejected: local limit exceeded"},
    };
    for (auto const& c : cases) {
        raw_scp const archive([&](raw_scp::connection& peer) { peer.reject_association(1, c.source, c.reason); });
        caller us(source_at(archive.port()));
        auto const found = us.find();
        REQUIRE_FALSE(found);
        CHECK(found.error().code == errc::association_rejected);
        CHECK(found.error().where == c.where);
        CHECK(archive.connections() == 1);
    }
}

TEST_CASE("a transient rejection is tried again until the archive has room")
{
    std::atomic<int> calls{0};
    raw_scp const archive([&](raw_scp::connection& peer) {
        if (++calls <= 2)
            return peer.reject_association(2, 3, 2);
        answers({study_row(1)})(peer);
    });
    caller us(source_at(archive.port()));
    auto const found = us.find();
    REQUIRE(found);
    CHECK(found->rows == 1);
    CHECK(calls == 3);
}

TEST_CASE("transient rejections end before the deadline, with a time to come back")
{
    raw_scp const archive([](raw_scp::connection& peer) { peer.reject_association(2, 3, 2); });
    caller us(source_at(archive.port()));
    auto const begin = clock::now();
    auto const found = us.find(400ms);
    REQUIRE_FALSE(found);
    CHECK(found.error().code == errc::association_rejected);
    CHECK(found.error().retry_after > 0s);
    CHECK(clock::now() - begin < 400ms);
    CHECK(archive.connections() > 1);
}

TEST_CASE("an association without the context for C-FIND is no association")
{
    raw_scp const archive([](raw_scp::connection& peer) {
        peer.accept_no_context();
        (void)peer.read_message();
    });
    caller us(source_at(archive.port()));
    auto const found = us.find();
    REQUIRE_FALSE(found);
    CHECK(found.error().code == errc::association_rejected);
    CHECK(archive.connections() == 2);
    auto const verified = us.verify();
    REQUIRE_FALSE(verified);
    CHECK(verified.error().code == errc::association_rejected);
}

TEST_CASE("a context that is not accepted now may be by a fresh association, which is tried once")
{
    std::atomic<int> calls{0};
    raw_scp const archive([&](raw_scp::connection& peer) {
        if (++calls % 2 == 0)
            return answers({study_row(1)})(peer);
        peer.accept_no_context();
        (void)peer.read_message();
    });
    caller us(source_at(archive.port()));
    auto const found = us.find();
    REQUIRE(found);
    CHECK(found->rows == 1);
    CHECK(us.find());
    CHECK(archive.connections() == 2);
    CHECK(archive.released() == 1);
}

TEST_CASE("nobody there, and no such host")
{
    std::uint16_t port = 0;
    {
        raw_scp const short_lived(answers({}));
        port = short_lived.port();
    }
    caller us(source_at(port));
    auto const found = us.find();
    REQUIRE_FALSE(found);
    CHECK(found.error().code == errc::unreachable);
    CHECK(found.error().where == "source tested, connect");

    auto source = source_at(port);
    source.host = "no-such-host.invalid";
    source.timeouts.connect = 20s;
    caller elsewhere(source);
    CHECK(elsewhere.find(30s).error().code == errc::unreachable);
}

TEST_CASE("ten thousand rejections leave nothing behind, and the pool still serves")
{
    std::atomic<bool> full{true};
    raw_scp const archive([&](raw_scp::connection& peer) {
        if (full)
            return peer.reject_association(1, 1, 1);
        answers({study_row(1)})(peer);
    });
    caller us(source_at(archive.port()));
    CHECK_FALSE(us.find());
    auto const before = open_descriptors();
    for (int i = 0; i < 9'999; ++i)
        REQUIRE(us.find().error().code == errc::association_rejected);
    CHECK(open_descriptors() <= before + 4);  // the peer's side may lag behind by a few
    full = false;
    CHECK(us.find());
}

}  // namespace
