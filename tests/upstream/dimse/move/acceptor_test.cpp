#include "upstream/dimse/wire/acceptor.hpp"

#include "tests/support/holdings.hpp"
#include "tests/support/kept_log.hpp"
#include "tests/support/process.hpp"
#include "tests/upstream/dimse/move/echo_door.hpp"
#include "tests/upstream/dimse/move/raw_scu.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

#include <sys/resource.h>

#include <algorithm>
#include <list>

namespace {

using namespace pons;
using namespace pons::test;
using namespace pons::upstream::dimse;
using namespace std::chrono_literals;
using upstream::errc;

TEST_CASE("a peer that calls our title is served, and its release answered")
{
    door at;
    raw_scu peer(at.port());
    REQUIRE(peer.associate("PONS", "CT1") == 2);
    CHECK(peer.context(1) == std::pair(0, std::string("1.2.840.10008.1.2.1")));
    CHECK(peer.echo() == 0);
    CHECK(peer.echo() == 0);
    peer.release();
    CHECK(peer.closed());
    wait_until([&] { return at.in.counts().serving == 0; });
    CHECK(at.service->released == 1);
    CHECK(at.in.counts().associations == 1);
}

TEST_CASE("echoscu is served")
{
    door at;
    for (int i = 0; i < 3; ++i)
        CHECK(run({"echoscu", "-aec", "PONS", "127.0.0.1", std::to_string(at.port())}) == 0);
    CHECK(run({"echoscu", "-aec", "OTHER", "127.0.0.1", std::to_string(at.port())}) != 0);
}

TEST_CASE("900 silent peers do not delay a good one")
{
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    auto more = before;
    more.rlim_cur = std::min<rlim_t>(before.rlim_max, 4096);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &more) == 0);
    {
        door at({.half_open = 1000, .associations = 4, .request_time = 1h});
        std::list<raw_scu> silent;
        for (int i = 0; i < 900; ++i)
            silent.emplace_back(at.port());
        for (auto& each : silent)  // some have begun
            if (&each != &silent.front())
                each.write(bytes("\1\0\0\0", 4));
        wait_until([&] { return at.in.counts().half_open == 900; });
        raw_scu peer(at.port());
        REQUIRE(peer.associate("PONS", "CT1") == 2);
        CHECK(peer.echo() == 0);
        CHECK(at.in.counts().half_open >= 900);
        peer.release();
    }
    ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST_CASE("beyond the limit of silent peers the oldest goes")
{
    door at({.half_open = 3, .associations = 4, .request_time = 1h});
    raw_scu oldest(at.port());
    std::list<raw_scu> others;
    for (int i = 0; i < 2; ++i)
        others.emplace_back(at.port());
    wait_until([&] { return at.in.counts().half_open == 3; });
    raw_scu peer(at.port());
    CHECK(oldest.closed());
    CHECK(peer.associate("PONS", "CT1") == 2);
    for (auto& each : others)
        CHECK(each.associate("PONS", "CT1") == 2);
}

TEST_CASE("a peer that does not finish its A-ASSOCIATE-RQ in time is dropped")
{
    auto const whole = raw::pdu(1, associate_body("PONS", "CT1", {raw_context{}}));
    for (std::size_t const sent : {std::size_t{0}, std::size_t{5}, std::size_t{6}, std::size_t{80}, whole.size() - 1}) {
        CAPTURE(sent);
        door at({.half_open = 3, .associations = 4, .request_time = 20ms});
        raw_scu peer(at.port());
        peer.write(whole.substr(0, sent));
        CHECK(peer.closed());
        wait_until([&] { return at.in.counts().dropped == 1; });
        CHECK(at.in.counts().associations == 0);
    }
}

TEST_CASE("an A-ASSOCIATE-RQ that comes byte by byte is whole in the end")
{
    door at;
    raw_scu peer(at.port());
    std::vector<raw_context> many;
    for (int i = 0; i < 128; ++i)
        many.push_back({static_cast<std::uint8_t>(2 * i + 1), "1.2.840.10008.5.1.4.1.1.7", {"1.2.840.10008.1.2.1"}});
    auto const whole = raw::pdu(1, associate_body("PONS", "CT1", many));
    for (std::size_t i = 0; i < 300; ++i)
        peer.write(whole.substr(i, 1));
    peer.write(whole.substr(300));
    CHECK(peer.read_pdu().type == 2);
    CHECK(peer.echo() == 0);
}

TEST_CASE("other titles, other PDUs and garbage")
{
    door at;
    {
        raw_scu peer(at.port());
        REQUIRE(peer.associate("OTHER", "CT1") == 3);
        CHECK(peer.answer() == bytes("\0\1\1\7", 4));
    }
    auto const usual = associate_body("PONS", "CT1", {raw_context{}});
    struct {
        bytes body;
        bytes answer;
    } const not_ours[] = {{bytes("\0\2", 2) + usual.substr(2), bytes("\0\1\2\2", 4)},  // protocol version
                          {usual.substr(0, 68) + raw::item(0x10, "1.2.3") + proposed({}) + user_information(),
                           bytes("\0\1\1\2", 4)}};  // application context
    for (auto const& each : not_ours) {
        raw_scu peer(at.port());
        peer.write(raw::pdu(1, each.body));
        CHECK(peer.read_pdu().body == each.answer);
    }
    {
        raw_scu peer(at.port());
        peer.write(raw::pdu(1, bytes(80, 'x')));
        CHECK(peer.read_pdu().type == 7);
        CHECK(peer.closed());
    }
    struct {
        bytes said;
        char reason;
    } const garbage[] = {{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 1},
                         {raw::pdu(4, "data"), 2},
                         {raw::pdu(9, "?"), 1},
                         {bytes("\1\0\xFF\xFF\xFF\xFF", 6), 6}};
    for (auto const& each : garbage) {
        raw_scu peer(at.port());
        peer.write(each.said);
        auto const abort = peer.read_pdu();
        CHECK(abort.type == 7);
        CHECK(abort.body == bytes("\0\0\2", 3) + each.reason);
        CHECK(peer.closed());
    }
    raw_scu peer(at.port());
    peer.write(bytes("\x16\3\1\2\0\1\0\1\xFC\3", 10));
    CHECK(peer.closed());
    CHECK(at.in.counts().associations == 0);
}

TEST_CASE("whoever said something and got no association is told of in the log, each reason once")
{
    kept_log log;
    door at({.half_open = 8, .associations = 1, .request_time = 1h});
    raw_scu served(at.port());
    REQUIRE(served.associate("PONS", "CT1") == 2);
    std::vector<raw_context> many(129);
    for (std::size_t i = 0; i < many.size(); ++i)
        many[i].id = static_cast<std::uint8_t>(i);
    auto const usual = associate_body("PONS", "CT1", {raw_context{}});
    struct {
        bytes said;
        char const* line;
    } const cases[] = {
        {"", nullptr},
        {bytes("\1\0\0\0\1\0half of it", 16), "its association request did not come whole"},
        {"GET / HTTP/1.1\r\n", "what it says is no association request"},
        {bytes("\1\0\xFF\xFF\xFF\xFF", 6), "its association request is too large"},
        {raw::pdu(1, associate_body("PONS", "CT1", many)),
         "it asks for too much: A-ASSOCIATE-RQ, presentation contexts"},
        {raw::pdu(1, usual.substr(0, usual.size() - 3)), "it breaks the protocol: A-ASSOCIATE-RQ, item"},
        {raw::pdu(1, bytes("\0\2", 2) + usual.substr(2)), "it asks for a protocol version that is not DICOM's"},
        {raw::pdu(1, associate_body("OTHER", "CT1", {raw_context{}})), "a source's store_ae): OTHER"},
        {raw::pdu(1, usual), "there are dicom.max_associations"},
    };
    for (auto const& each : cases)
        for (int n = 0; n < 3; ++n) {
            raw_scu peer(at.port());
            peer.write(each.said);
            peer.end_sending();
            while (!peer.closed())
                ;
        }
    served.release();
    at.in.stop();
    for (auto const& each : cases)
        if (each.line)
            CHECK_MESSAGE(log.has(each.line), each.line);
    CHECK(log.count("no DICOM association") == std::size(cases) - 1);
}

TEST_CASE("beyond the limit of associations a peer is rejected for now")
{
    door at({.half_open = 8, .associations = 1, .request_time = 1h});
    raw_scu first(at.port());
    REQUIRE(first.associate("PONS", "CT1") == 2);
    {
        raw_scu second(at.port());
        REQUIRE(second.associate("PONS", "CT2") == 3);
        CHECK(second.answer() == bytes("\0\2\3\2", 4));
    }
    first.release();
    wait_until([&] { return at.in.counts().serving == 0; });
    raw_scu third(at.port());
    CHECK(third.associate("PONS", "CT2") == 2);
}

TEST_CASE("callers do not take the places that others have apart, nor those theirs")
{
    kept_log log;
    door at({.half_open = 8, .associations = 1, .request_time = 1h});
    raw_scu peer(at.port());
    REQUIRE(peer.associate("PONS", "CT1") == 2);
    raw_scu archive(at.port());
    CHECK(archive.associate("STORE", "PACS") == 2);
    raw_scu again(at.port());
    CHECK(again.associate("STORE", "PACS") == 2);
    raw_scu other_archive(at.port());
    CHECK(other_archive.associate("STORE", "OTHER") == 2);
    for (auto const& [called, calling] : {std::pair("PONS", "CT2"), std::pair("STORE", "PACS")}) {
        CAPTURE(called);
        raw_scu beyond(at.port());
        CHECK(beyond.associate(called, calling) == 3);
    }
    CHECK(log.count("there are dicom.max_associations") == 1);
    CHECK(log.count("it has as many as it may have at a store_ae") == 1);
    peer.release();
    wait_until([&] { return at.in.counts().serving == 3; });
    raw_scu next(at.port());
    CHECK(next.associate("STORE", "PACS") == 3);
    raw_scu free(at.port());
    CHECK(free.associate("PONS", "CT2") == 2);
}

TEST_CASE("10,000 associations that are rejected leak nothing, and a good one is served right after")
{
    constexpr int usual = 1000;  // after so many what a process needs once is there
    constexpr int all = 10'000;
    door at;
    holdings before;
    for (int i = 0; i < all; ++i) {
        raw_scu peer(at.port());
        REQUIRE(peer.associate("OTHER", "CT1") == 3);
        if (i % 2 == 0)  // the others just go
            peer.abort();
        if (i == usual)
            before = holdings::now();
    }
    wait_until([&] { return at.in.counts().half_open == 0; });
    check_that_nothing_leaked(before, holdings::now(), all - usual, 1);
    CHECK(at.in.counts().rejected == all);
    CHECK(at.in.counts().associations == 0);
    CHECK(at.in.counts().serving == 0);
    raw_scu peer(at.port());
    REQUIRE(peer.associate("PONS", "CT1") == 2);
    CHECK(peer.echo() == 0);
}

TEST_CASE("PDVs however they are cut, and PDUs that may not come")
{
    auto const rest = element(0x00000002, "1.2.840.10008.1.1", '\0') + raw::number(0x0100, 0x0030) +
                      raw::number(0x0110, 7) + raw::number(0x0800, 0x0101);
    auto const command = raw::with_group_length(rest);
    door at;
    SUBCASE("every byte a PDV of its own, all in one PDU, an empty one last")
    {
        bytes body;
        for (auto const c : command)
            body += raw::pdv(1, true, false, bytes(1, c));
        raw_scu peer(at.port());
        REQUIRE(peer.associate("PONS", "CT1") == 2);
        peer.write(raw::pdu(4, body) + raw::pdu(4, "") + raw::pdu(4, raw::pdv(1, true, true, "")));
        CHECK(peer.read_status() == 0);
    }
    SUBCASE("A-ABORT")
    {
        raw_scu peer(at.port());
        REQUIRE(peer.associate("PONS", "CT1") == 2);
        peer.abort();
        CHECK(peer.closed());
    }
    bytes const faults[] = {
        raw::pdu(1, "again"),
        raw::pdu(0x42, "?"),
        raw::pdu(4, bytes("\0\0\0\1\1\3", 6)),                    // a PDV shorter than its own header
        raw::pdu(4, bytes("\0\0\0\xFF\1\3", 6)),                  // longer than its PDU
        raw::pdu(4, "abc"),                                       // no room for a PDV header
        raw::pdu(4, raw::pdv(1, false, true, "data set first")),  // where a command should be
        raw::pdu(4, raw::pdv(1, true, true, "no command set")),
    };
    for (auto const& each : faults) {
        raw_scu peer(at.port());
        REQUIRE(peer.associate("PONS", "CT1") == 2);
        peer.write(each);
        CHECK(peer.read_pdu().type == 7);
        CHECK(peer.closed());
    }
}

TEST_CASE("stopping ends what is being served, and what is still silent")
{
    door at({.half_open = 8, .associations = 4, .request_time = 1h});
    raw_scu served(at.port());
    raw_scu silent(at.port());
    REQUIRE(served.associate("PONS", "CT1") == 2);
    at.in.stop();
    CHECK(served.read_pdu().type == 7);
    CHECK(silent.closed());
    CHECK(at.service->last.code == errc::cancelled);
}

TEST_CASE("a peer that is in the middle of something reads our A-ABORT, and then the end")
{
    door at;
    raw_scu peer(at.port());
    REQUIRE(peer.associate("PONS", "CT1") == 2);
    peer.write(raw::pdu(0x42, "?") + bytes(1 << 20, 'x'));
    CHECK(peer.read_pdu().type == 7);
    CHECK(peer.ended());
    peer.end_sending();
    wait_until([&] { return at.in.counts().serving == 0; });
}

TEST_CASE("a peer that goes on talking after its A-RELEASE-RQ reads our answer, and then the end")
{
    door at;
    raw_scu peer(at.port());
    REQUIRE(peer.associate("PONS", "CT1") == 2);
    peer.write(raw::pdu(5, bytes(4, '\0')) + bytes(1 << 20, 'x'));
    CHECK(peer.read_pdu().type == 6);
    CHECK(peer.ended());
    peer.end_sending();
    wait_until([&] { return at.in.counts().serving == 0; });
    CHECK(at.service->released == 1);
}

/// Has more to say than a connection holds, and waits for what the other says to that.
struct talkative final : association_service {
    tl::expected<associate_answer, rejection> negotiate(associate_request const& asked) override
    {
        associate_answer answer;
        auto const& c = asked.contexts.front();
        answer.contexts.push_back({c.id, context_result::acceptance, c.transfer_syntaxes.front()});
        return answer;
    }

    void serve(accepted_association& over, interruption& stop) override
    {
        command_set much;
        much.set(command_element::error_comment, bytes(64 << 20, 'x'));
        REQUIRE(over.begin_message(over.contexts().front().id, much));
        auto const said = over.await_input(-1, {clock::now() + 1h, &stop}, 50ms);
        how = said ? errc{} : static_cast<errc>(said.error().code.value());
        is_usable = over.usable();
    }

    std::atomic<errc> how{};
    std::atomic<bool> is_usable{true};
};

TEST_CASE("a peer that takes nothing is not waited for as long as one that says nothing")
{
    auto const service = std::make_shared<talkative>();
    acceptor in({"127.0.0.1", 0}, {{"PONS", service}}, {.close_time = 1ms});
    REQUIRE(in.start());
    raw_scu peer(in.endpoint().port());
    peer.write(raw::pdu(1, associate_body("PONS", "CT1", {raw_context{}})));
    wait_until([&] { return !service->is_usable; });
    CHECK(service->how == errc::timed_out);
}

TEST_CASE("whoever does not close after an A-ABORT keeps its place for a while only, and delays no stop")
{
    auto const abort_one = [](raw_scu& peer) {
        REQUIRE(peer.associate("PONS", "CT1") == 2);
        peer.write(raw::pdu(0x42, "?"));
        CHECK(peer.read_pdu().type == 7);
        CHECK(peer.ended());
    };
    {
        door at({.half_open = 8, .associations = 1, .close_time = 20ms});
        raw_scu peer(at.port());
        abort_one(peer);
        wait_until([&] { return at.in.counts().serving == 0; });
    }
    door at({.half_open = 8, .associations = 1, .close_time = 1h});
    raw_scu peer(at.port());
    abort_one(peer);
    at.in.stop();
    CHECK(at.in.counts().serving == 0);
}

TEST_CASE("a port that is taken is told")
{
    door at;
    acceptor second({"127.0.0.1", at.port()}, {});
    auto const started = second.start();
    REQUIRE_FALSE(started);
    CHECK(started.error().code == std::errc::address_in_use);
    CHECK(started.error().where == "dicom.listen");
}

}  // namespace
