#include "upstream/dimse/diagnose.hpp"

#include "tests/support/http_stub.hpp"
#include "tests/support/run.hpp"
#include "tests/upstream/dimse/asking.hpp"
#include "tests/upstream/dimse/move/echo_door.hpp"

#include <doctest/doctest.h>

namespace {

using namespace pons;
using namespace pons::test;
using upstream::stage;
using upstream::step;

config::source at(std::uint16_t port)
{
    auto source = source_at(port);
    source.host = "localhost";
    source.called_ae = "PONS";
    source.timeouts.first_response = 1min;
    return source;
}

std::vector<stage> stages_of(config::source const& source)
{
    asio::io_context context(1);
    config::address const listen{"127.0.0.1", 11112};
    return run(context, upstream::dimse::diagnose(source, listen, clock::now() + 1min));
}

TEST_CASE("an archive that speaks TLS where the source is without is told as such")
{
    certificate const theirs("localhost");
    certificate const ours("localhost");
    config::listener_tls tls{.enabled = true, .cert_file = theirs.cert_file, .key_file = theirs.key_file};
    for (bool const wants_ours : {false, true}) {
        CAPTURE(wants_ours);
        tls.ca_file = wants_ours ? ours.cert_file : "";
        door const archive({}, tls);
        auto const stages = stages_of(at(archive.port()));
        REQUIRE_FALSE(stages.empty());
        CHECK(stages.back().at == step::tls_wanted);
        CHECK_FALSE(stages.back().ok);
        CHECK(stages.back().text.find("speaks TLS at this port") != std::string::npos);
        CHECK(stages.back().advice.find("tls.enabled") != std::string::npos);
    }
}

TEST_CASE("an archive that speaks without TLS where the source has it is told as such, also when it rejects us")
{
    certificate const ours("localhost");
    for (auto const* called : {"PONS", "OTHER"}) {
        CAPTURE(called);
        door const archive;
        auto source = at(archive.port());
        source.called_ae = called;
        source.tls = {.enabled = true, .ca_file = ours.cert_file};
        auto const stages = stages_of(source);
        REQUIRE_FALSE(stages.empty());
        CHECK(stages.back().at == step::tls_unknown);
        CHECK(stages.back().text.find("speaks DICOM without TLS") != std::string::npos);
    }
}

TEST_CASE("a port that ends every connection speaks neither, and each is told as before")
{
    certificate const ours("localhost");
    raw_scp const closes([](raw_scp::connection&) {});
    auto source = at(closes.port());
    CHECK(stages_of(source).back().at == step::association);
    source.tls = {.enabled = true, .ca_file = ours.cert_file};
    CHECK(stages_of(source).back().at == step::tls);
}

TEST_CASE("an archive that wants an association for each operation is found out")
{
    raw_scp const archive([](raw_scp::connection& peer) {
        peer.accept_association();
        auto const first = peer.read_message();
        if (first.command_field == 0x0030)
            peer.respond_echo(first);
        else
            peer.respond(first, 0x0000);
        peer.read_message();  // of a release gone; else the end of it
    });
    auto source = at(archive.port());
    auto const unknown = stages_of(source);
    CHECK(unknown.back().at == step::find);
    CHECK(unknown.back().ok);
    CHECK(unknown.back().advice.find("write limits.operations: 1") != std::string::npos);
    source.limits.operations = 1;
    auto const known = stages_of(source);
    CHECK(known.back().at == step::find);
    CHECK(known.back().ok);
    CHECK(known.back().advice.empty());
}

TEST_CASE("an archive that fails every C-FIND is not taken for one that wants short associations")
{
    raw_scp const archive([](raw_scp::connection& peer) {
        peer.accept_association();
        for (;;) {
            auto const rq = peer.read_message();
            if (rq.command_field != 0x0030)
                return;
            peer.respond_echo(rq);
        }
    });
    auto const stages = stages_of(at(archive.port()));
    CHECK(stages.back().at == step::find);
    CHECK_FALSE(stages.back().ok);
}

}  // namespace
