#include "proxy/dimse/peer_association.hpp"

#include "proxy/dimse/commitment_call.hpp"
#include "tests/support/dicom_peer.hpp"
#include "tests/support/http_stub.hpp"
#include "upstream/dimse/commitment.hpp"
#include "upstream/dimse/wire/uids.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

#include <future>

using namespace pons;
using namespace pons::test;
using namespace pons::proxy::dimse;
namespace wire = upstream::dimse;

namespace {

constexpr auto implicit = "1.2.840.10008.1.2";

wire::patience a_while()
{
    return {clock::now() + std::chrono::seconds(20)};
}

std::vector<wire::proposal> for_echo()
{
    return {{wire::uids::verification, {implicit}}};
}

config::listener_tls showing(certificate const& theirs, certificate const* asked_for = nullptr)
{
    config::listener_tls tls{.enabled = true, .cert_file = theirs.cert_file, .key_file = theirs.key_file};
    if (asked_for)
        tls.ca_file = asked_for->cert_file;
    return tls;
}

config::tls trusting(certificate const& theirs, certificate const* ours = nullptr)
{
    config::tls tls{.enabled = true, .ca_file = theirs.cert_file};
    if (ours) {
        tls.cert_file = ours->cert_file;
        tls.key_file = ours->key_file;
    }
    return tls;
}

/// Until it is released.
void answer_nothing(dicom_peer::association& over)
{
    static_cast<void>(over.receive_command(a_while()));
}

}  // namespace

TEST_CASE("a peer is called in the clear, or by TLS with both certificates, as its entry says")
{
    certificate const theirs("localhost");
    certificate const ours("pons");
    std::promise<std::string> by;
    auto const serve = [&](dicom_peer::association& over) {
        by.set_value(over.calling_ae());
        answer_nothing(over);
    };
    config::peer to{.name = "WS1", .host = "localhost"};
    config::listener_tls listens;
    SUBCASE("in the clear") {}
    SUBCASE("by TLS")
    {
        listens = showing(theirs);
        to.tls = trusting(theirs);
    }
    SUBCASE("by TLS, and it asks who we are")
    {
        listens = showing(theirs, &ours);
        to.tls = trusting(theirs, &ours);
    }
    SUBCASE("by TLS, whoever it is")
    {
        listens = showing(theirs);
        to.tls = {.enabled = true, .verify = false};
    }
    dicom_peer peer({"WS1"}, serve, {}, listens);
    to.port = peer.port();
    auto opened = open_to_peer(to, "PONS_WEB", for_echo(), a_while());
    REQUIRE(opened);
    CHECK(opened->context(wire::uids::verification));
    CHECK(by.get_future().get() == "PONS_WEB");
    opened->release(a_while());
}

TEST_CASE("why a peer cannot be had is said in words about it")
{
    certificate const theirs("localhost");
    certificate const elsewhere("ws.example.org");
    certificate const strange("localhost");
    config::listener_tls const plain;
    struct {
        char const* name;
        config::listener_tls listens;
        config::tls tls;
        char const* title;
        std::string where;
    } const cases[] = {
        {"another authority", showing(theirs), trusting(strange), "WS1",
         "TLS: its certificate is from an authority that is not trusted here"},
        {"another name", showing(elsewhere), trusting(elsewhere), "WS1", "TLS: its certificate is for another name"},
        {"no certificate of ours", showing(theirs, &strange), trusting(theirs), "WS1",
         "TLS: it asks for a certificate of ours, and there is none"},
        {"another certificate of ours", showing(theirs, &strange), trusting(theirs, &elsewhere), "WS1",
         "TLS: it did not accept our certificate"},
        {"no TLS there", plain, trusting(theirs), "WS1", "TLS: it ended the connection in the TLS handshake"},
        {"TLS there, and none here", showing(theirs), {}, "WS1", "it broke off"},
        {"another AE title", plain, {}, "WS2", "rejected: called AE title not recognized"},
        {"a file that is none", plain, {.enabled = true, .ca_file = "/nowhere/ca.pem"}, "WS1", "tls.ca_file: "},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        dicom_peer peer({"WS1"}, &answer_nothing, {}, c.listens);
        config::peer const to{.name = c.title, .host = "localhost", .port = peer.port(), .tls = c.tls};
        auto const opened = open_to_peer(to, "PONS", for_echo(), a_while());
        REQUIRE_FALSE(opened);
        if (c.where.ends_with(": "))
            CHECK(opened.error().where.starts_with(c.where));
        else
            CHECK(opened.error().where == c.where);
    }
    config::peer const nobody{.name = "WS1", .host = "127.0.0.1", .port = 9};
    auto const opened = open_to_peer(nobody, "PONS", for_echo(), a_while());
    REQUIRE_FALSE(opened);
    CHECK(opened.error().where == "it cannot be reached");
}

TEST_CASE("a storage commitment is reported by TLS")
{
    certificate const theirs("localhost");
    std::promise<std::string> came;
    dicom_peer peer(
        {"CT1"},
        [&](dicom_peer::association& over) {
            auto const rq = over.receive_command(a_while());
            REQUIRE(rq);
            std::vector<std::byte> bytes;
            REQUIRE(over.receive_data_set(bytes, 1 << 20, a_while()));
            auto const what = mapping::read_storage_commitment(bytes, mapping::encoding::explicit_le);
            came.set_value(what ? what->transaction_uid : std::string());
            REQUIRE(over.send(rq->context, wire::event_response(rq->command, 0), {}, a_while()));
            answer_nothing(over);
        },
        {}, showing(theirs));
    mapping::storage_commitment const what{.transaction_uid = "1.9.1",
                                           .instances = {{.sop_class_uid = "1.2", .sop_instance_uid = "1.3"}}};
    config::peer to{.name = "CT1", .host = "localhost", .port = peer.port(), .tls = trusting(theirs)};
    CHECK(report_to(to, "PONS", what, a_while()));
    CHECK(came.get_future().get() == "1.9.1");
    certificate const other("localhost");
    to.tls = trusting(other);
    auto const told = report_to(to, "PONS", what, a_while());
    REQUIRE_FALSE(told);
    CHECK(told.error().where.starts_with("TLS: its certificate is "));
}
