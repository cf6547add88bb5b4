#include "upstream/dimse/wire/acceptor.hpp"

#include "tests/support/http_stub.hpp"
#include "tests/support/kept_log.hpp"
#include "tests/support/process.hpp"
#include "tests/upstream/dimse/move/echo_door.hpp"
#include "tests/upstream/dimse/move/raw_scu.hpp"
#include "tests/upstream/dimse/some_bytes.hpp"
#include "upstream/dimse/conversation.hpp"
#include "upstream/dimse/wire/connect.hpp"
#include "upstream/dimse/wire/uids.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <list>
#include <span>

namespace {

using namespace pons;
using namespace pons::test;
using namespace pons::upstream::dimse;
using namespace std::chrono_literals;
using upstream::errc;
using upstream::tls::problem;

patience long_enough()
{
    return {clock::now() + 1min};
}

config::listener_tls showing(certificate const& ours)
{
    return {.enabled = true, .cert_file = ours.cert_file, .key_file = ours.key_file};
}

/// Only for those who show `theirs`.
config::listener_tls asking_for(certificate const& theirs, certificate const& ours)
{
    auto settings = showing(ours);
    settings.ca_file = theirs.cert_file;
    return settings;
}

struct called {
    std::optional<association> line;
    std::optional<problem> trouble;

    /// The status, -1 without an answer.
    int echo()
    {
        if (!line)
            return -1;
        auto const* const context = line->context(uids::verification);
        auto const rq = make_request(command::c_echo_rq, uids::verification, line->next_message_id(), false);
        if (!context || !line->send(context->id, rq, {}, long_enough()))
            return -1;
        auto const rsp = line->receive_command(long_enough());
        return rsp ? rsp->command.number(command_element::status).value_or(0xFFFF) : -1;
    }
};

/// Calls it by TLS as our own requestor does, trusting `server` and showing `mine`.
called call(std::uint16_t port, certificate const& server, certificate const* mine = nullptr)
{
    config::source us;
    us.name = "test";
    us.host = "localhost";
    us.tls = {.enabled = true, .ca_file = server.cert_file};
    if (mine) {
        us.tls.cert_file = mine->cert_file;
        us.tls.key_file = mine->key_file;
    }
    auto const where = resolve("127.0.0.1", port, long_enough());
    REQUIRE(where);
    auto socket = connect(*where, long_enough());
    REQUIRE(socket);
    auto over = secure(std::move(*socket), us, long_enough());
    if (!over)
        return {{}, over.error().what};
    association_request const what{"CT1", "PONS", {{uids::verification, {"1.2.840.10008.1.2"}}}};
    auto opened = association::request(std::move(*over), what, long_enough());
    if (!opened)
        return {{}, opened.error().tls ? opened.error().tls->what : problem::other};
    return {std::move(*opened), {}};
}

called call(door const& at, certificate const& server, certificate const* mine = nullptr)
{
    return call(at.port(), server, mine);
}

TEST_CASE("an association by TLS is served as one in the clear")
{
    certificate const ours("localhost");
    door at({}, showing(ours));
    auto peer = call(at, ours);
    CHECK(peer.echo() == 0);
    CHECK(peer.echo() == 0);
    peer.line->release(long_enough());
    wait_until([&] { return at.in.counts().serving == 0; });
    CHECK(at.service->released == 1);
    auto again = call(at, ours);
    CHECK(again.echo() == 0);
    again.line->abort();
    wait_until([&] { return at.in.counts().serving == 0; });
    CHECK(at.service->released == 1);
    CHECK(at.in.counts().associations == 2);
    CHECK(at.in.counts().without_tls == 0);
}

TEST_CASE("echoscu is served by TLS, with its certificate where one is wanted")
{
    certificate const ours("localhost");
    certificate const theirs("localhost");
    for (bool const wanted : {false, true}) {
        CAPTURE(wanted);
        door at({}, wanted ? asking_for(theirs, ours) : showing(ours));
        auto const port = std::to_string(at.port());
        auto const echo = [&](std::vector<std::string> options) {
            options.insert(options.begin(), "echoscu");
            for (auto const* each : {"-aec", "PONS", "127.0.0.1", port.c_str()})
                options.emplace_back(each);
            return run(options);
        };
        CHECK(echo({"+tls", theirs.key_file, theirs.cert_file, "+cf", ours.cert_file}) == 0);
        CHECK((echo({"+tla", "+cf", ours.cert_file}) == 0) == !wanted);
        CHECK(echo({"+tla", "+cf", theirs.cert_file}) != 0);  // which has not signed ours
        CHECK(echo({}) != 0);
    }
}

/// Keeps the data sets that come.
struct sink_service final : association_service {
    tl::expected<associate_answer, rejection> negotiate(associate_request const& asked) override
    {
        associate_answer answer;
        for (auto const& c : asked.contexts)
            answer.contexts.push_back({c.id, context_result::acceptance, c.transfer_syntaxes.front()});
        return answer;
    }

    void serve(accepted_association& over, interruption& stop) override
    {
        patience const how_long{clock::now() + 1h, &stop};
        std::vector<std::byte> room(50'000);
        bytes all;
        if (!over.receive_command(how_long))
            return;
        for (bool last = false; !last;) {
            auto const piece = over.next(how_long, room);
            if (!piece)
                return;
            all.append(reinterpret_cast<char const*>(piece->bytes.data()), piece->bytes.size());
            last = piece->last;
        }
        came.set_value(std::move(all));
    }

    std::promise<bytes> came;
};

TEST_CASE("what comes by TLS is what was sent, however it is cut")
{
    certificate const ours("localhost");
    auto const service = std::make_shared<sink_service>();
    acceptor in({"127.0.0.1", 0}, {{"PONS", service}}, {}, showing(ours));
    REQUIRE(in.start());
    auto peer = call(in.endpoint().port(), ours);
    REQUIRE(peer.line);
    auto const content = some_bytes(7'000'002);
    auto const* const context = peer.line->context(uids::verification);
    REQUIRE(context);
    auto const rq = make_request(command::c_store_rq, uids::verification, 1, true);
    REQUIRE(peer.line->begin_message(context->id, rq, long_enough()));
    auto const all = std::as_bytes(std::span(content));
    for (std::size_t at = 0, size = 2; at < all.size(); at += size, size = std::min<std::size_t>(size * 3, 1'000'000)) {
        size = std::min(size, all.size() - at);
        REQUIRE(peer.line->send_piece(context->id, all.subspan(at, size), at + size == all.size(), long_enough()));
    }
    CHECK((service->came.get_future().get() == content));
}

TEST_CASE("where an authority is named, who cannot show a certificate of it is not served")
{
    certificate const ours("localhost");
    certificate const theirs("localhost");
    certificate const stranger("localhost");
    door at({}, asking_for(theirs, ours));
    CHECK(call(at, ours, &theirs).echo() == 0);
    CHECK(call(at, ours).trouble == problem::certificate_wanted);
    CHECK(call(at, ours, &stranger).trouble == problem::certificate_refused);
    CHECK(at.in.counts().associations == 1);
    wait_until([&] { return at.in.counts().without_tls == 2; });
}

TEST_CASE("a peer that does not believe our certificate goes, and the next is served")
{
    certificate const ours("localhost");
    certificate const other("localhost");
    door at({}, showing(ours));
    CHECK(call(at, other).trouble == problem::unknown_authority);
    wait_until([&] { return at.in.counts().without_tls == 1; });
    CHECK(call(at, ours).echo() == 0);
}

TEST_CASE("what comes in the clear to a port for TLS is not answered")
{
    certificate const ours("localhost");
    door at({}, showing(ours));
    bytes const clear[] = {raw::pdu(1, associate_body("PONS", "CT1", {raw_context{}})), "GET / HTTP/1.1\r\n\r\n",
                           bytes("\x16garbage, but it begins as TLS does", 36),
                           bytes("\x16\3\1\0\5garbage in a record", 24)};
    for (auto const& each : clear) {
        raw_scu peer(at.port());
        peer.write(each);
        CHECK(peer.alert_or_end());
    }
    wait_until([&] { return at.in.counts().without_tls == std::size(clear); });
    CHECK(at.in.counts().associations == 0);
    CHECK(call(at, ours).echo() == 0);
}

TEST_CASE("what comes by TLS to a port without is not answered")
{
    certificate const ours("localhost");
    door at;
    CHECK(call(at, ours).trouble);
    wait_until([&] { return at.in.counts().without_tls == 1; });
    raw_scu peer(at.port());
    CHECK(peer.associate("PONS", "CT1") == 2);
}

TEST_CASE("peers that are silent before, within and after the handshake delay nobody")
{
    certificate const ours("localhost");
    door at({.half_open = 300, .associations = 4, .request_time = 1h}, showing(ours));
    std::list<raw_scu> silent;
    for (int i = 0; i < 200; ++i)
        silent.emplace_back(at.port());
    int n = 0;
    for (auto& each : silent)
        if (++n % 2 == 0)
            each.write(bytes("\x16\3\1\2\0\1\0\1\xFC\3\3", 11));
    wait_until([&] { return at.in.counts().half_open == 200; });
    CHECK(call(at, ours).echo() == 0);
    CHECK(at.in.counts().half_open >= 200);
}

TEST_CASE("a handshake that does not end in time is dropped")
{
    certificate const ours("localhost");
    for (std::size_t const sent : {std::size_t{0}, std::size_t{1}, std::size_t{11}}) {
        CAPTURE(sent);
        door at({.half_open = 3, .associations = 4, .request_time = 20ms}, showing(ours));
        raw_scu peer(at.port());
        peer.write(bytes("\x16\3\1\2\0\1\0\1\xFC\3\3", 11).substr(0, sent));
        CHECK(peer.closed());
        wait_until([&] { return at.in.counts().dropped == 1; });
        CHECK(at.in.counts().without_tls == (sent > 0 ? 1 : 0));
    }
}

TEST_CASE("the log says where a handshake came from that did not end, and why it was dropped")
{
    certificate const ours("localhost");
    bytes const beginning("\x16\3\1\2\0\1\0\1\xFC\3\3", 11);
    kept_log log;
    SUBCASE("in time")
    {
        door at({.half_open = 3, .associations = 4, .request_time = 20ms}, showing(ours));
        raw_scu peer(at.port());
        peer.write(beginning);
        wait_until([&] { return at.in.counts().without_tls == 1; });
        at.in.stop();
        CHECK(log.has("no DICOM association with 127.0.0.1: TLS: it did not end the handshake in time"));
    }
    SUBCASE("before too many others came")
    {
        door at({.half_open = 1, .associations = 4, .request_time = 1h}, showing(ours));
        std::list<raw_scu> peers;
        // One that is pushed out before its first byte was seen is nothing to tell of.
        while (at.in.counts().without_tls == 0) {
            peers.emplace_back(at.port()).write(beginning);
            wait_until([&] { return at.in.counts().connections == peers.size(); });
        }
        at.in.stop();
        CHECK(log.has("no DICOM association with 127.0.0.1: it was dropped in the TLS handshake"));
        CHECK_FALSE(log.has("in time"));
    }
}

TEST_CASE("stopping ends an association by TLS, and a handshake that has begun")
{
    certificate const ours("localhost");
    door at({.half_open = 8, .associations = 4, .request_time = 1h}, showing(ours));
    auto served = call(at, ours);
    REQUIRE(served.line);
    raw_scu begun(at.port());
    begun.write(bytes("\x16\3\1\2\0", 5));
    wait_until([&] { return at.in.counts().half_open == 1; });
    at.in.stop();
    CHECK(served.echo() == -1);
    CHECK(begun.closed());
    CHECK(at.service->last.code == errc::cancelled);
}

TEST_CASE("a renewed certificate is shown from the next association on")
{
    certificate const ours("localhost");
    certificate const renewed("localhost");
    door at({}, showing(ours));
    CHECK(call(at, ours).echo() == 0);
    namespace fs = std::filesystem;
    for (auto const& [from, to] : {std::pair(renewed.cert_file, ours.cert_file), {renewed.key_file, ours.key_file}}) {
        auto const before = fs::last_write_time(to);
        fs::copy_file(from, to, fs::copy_options::overwrite_existing);
        fs::last_write_time(to, before + 1s);
    }
    CHECK(call(at, renewed).echo() == 0);
}

TEST_CASE("a certificate that cannot be used is told at the start")
{
    certificate const ours("localhost");
    certificate const other("localhost");
    auto key = showing(ours);
    key.key_file = other.key_file;
    auto authority = showing(ours);
    authority.ca_file = ours.key_file;
    struct {
        config::listener_tls tls;
        std::string says;
    } const cases[] = {{key, "dicom.tls.key_file: "}, {authority, "dicom.tls.ca_file: "}};
    for (auto const& c : cases) {
        CAPTURE(c.says);
        acceptor in({"127.0.0.1", 0}, {}, {}, c.tls);
        auto const started = in.start();
        REQUIRE_FALSE(started);
        CHECK(started.error().code == errc::unsupported);
        CHECK(started.error().where.starts_with(c.says));
    }
}

}  // namespace
