#include "tests/upstream/dicomweb/client.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace pons;
using namespace pons::test;
using upstream::errc;

namespace {

http_reply one_study(http_request const&)
{
    return json(studies(0, 1));
}

}  // namespace

TEST_CASE("speaks TLS with a server whose certificate is good for its name")
{
    asio::io_context on;
    struct {
        char const* certified;
        char const* called;
    } const cases[] = {{"localhost", "localhost"}, {"127.0.0.1", "127.0.0.1"}};
    for (auto const& c : cases) {
        CAPTURE(std::string(c.called));
        certificate const cert(c.certified);
        http_stub stub(on, &one_study, &cert);
        auto source = source_at(stub.url(c.called));
        source.tls.ca_file = cert.cert_file;
        client one(on, source);
        auto const found = one.find();
        REQUIRE(found.has_value());
        CHECK(found->rows == 1);
        CHECK(one.find().has_value());
        CHECK(stub.connections() == 1);
    }
}

TEST_CASE("accepts no certificate that it cannot verify, and says why")
{
    asio::io_context on;
    certificate const cert("localhost");
    certificate const other("localhost");
    struct {
        char const* name;
        char const* host;
        std::string ca_file;
        bool verify;
        char const* where;  // null: accepted
    } const cases[] = {
        {"an unknown authority", "localhost", other.cert_file, true, "from an authority that is not trusted here"},
        {"another name", "127.0.0.1", cert.cert_file, true, "is for another name"},
        {"not verified", "127.0.0.1", {}, false, nullptr},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        http_stub stub(on, &one_study, &cert);
        auto source = source_at(stub.url(c.host));
        source.tls.ca_file = c.ca_file;
        source.tls.verify = c.verify;
        client one(on, source);
        auto const found = one.find();
        if (!c.where) {
            CHECK(found.has_value());
            continue;
        }
        REQUIRE_FALSE(found.has_value());
        CHECK(found.error().code == errc::unauthorized);
        CAPTURE(found.error().where);
        CHECK(found.error().where.starts_with("source web: TLS: the archive's certificate is "));
        CHECK(found.error().where.ends_with(c.where));
        CHECK(stub.requests().empty());
    }
}

TEST_CASE("shows its own certificate to a server that asks for one")
{
    asio::io_context on;
    certificate const cert("localhost");
    certificate const ours("client");
    http_stub stub(on, &one_study, &cert, ours.cert_file);
    auto source = source_at(stub.url("localhost"));
    source.tls.ca_file = cert.cert_file;
    SUBCASE("it has one")
    {
        source.tls.cert_file = ours.cert_file;
        source.tls.key_file = ours.key_file;
        client one(on, source);
        CHECK(one.find().has_value());
    }
    SUBCASE("it has none")
    {
        client one(on, source);
        auto const found = one.find();
        REQUIRE_FALSE(found.has_value());
        CHECK(found.error().code == errc::unauthorized);
        CHECK(found.error().where == "source web: TLS: the archive asks for a certificate of ours, and there is none");
    }
}

TEST_CASE("renewed files are used from the next connection on")
{
    asio::io_context on;
    certificate const cert("localhost");
    certificate const other("localhost");
    http_stub stub(on, &one_study, &cert);
    auto source = source_at(stub.url("localhost"));
    source.tls.ca_file = other.cert_file;
    client one(on, source);
    REQUIRE_FALSE(one.find().has_value());
    auto const before = std::filesystem::last_write_time(other.cert_file);
    std::filesystem::copy_file(cert.cert_file, other.cert_file, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::last_write_time(other.cert_file, before + 2s);
    CHECK(one.find().has_value());
    std::filesystem::remove(other.cert_file);
    CHECK(one.find().has_value());  // on the connection that is open
    stub.close_all();
    CHECK(one.find().has_value());  // what was read before
}

TEST_CASE("a server that does not speak TLS is unreachable")
{
    asio::io_context on;
    http_reply reply = answer(400);
    errc code = errc::unreachable;
    char const* where = "source web: TLS: what answers there does not speak TLS";
    SUBCASE("plain HTTP")
    {
        reply = {.bytes = "HTTP/1.1 400 Bad Request\r\n\r\n", .close = true};
    }
    SUBCASE("silence")
    {
        reply = {.bytes = {}, .silent = true};
        code = errc::timed_out;
        where = "source web: TLS: the archive did not answer the TLS handshake in time";
    }
    // What listens here waits for the end of a request that TLS never sends, so it is given something to say at once.
    tcp_acceptor plain(on, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    std::optional<tcp_socket> peer;
    plain.async_accept([&](boost::system::error_code, tcp_socket socket) {
        peer.emplace(std::move(socket));
        if (!reply.silent)
            asio::write(*peer, asio::buffer(reply.bytes));
    });
    auto source = source_at("https://127.0.0.1:" + std::to_string(plain.local_endpoint().port()));
    source.timeouts.connect = 200ms;
    client one(on, source);
    auto const found = one.find();
    REQUIRE_FALSE(found.has_value());
    CHECK(found.error().code == code);
    CHECK(found.error().where == where);
}

TEST_CASE("TLS settings that cannot be read are told by every find")
{
    asio::io_context on;
    certificate const cert("localhost");
    auto source = source_at("https://localhost:1");
    std::string where;
    SUBCASE("the authorities")
    {
        source.tls.ca_file = "/nowhere.pem";
        where = "source web: tls.ca_file: cannot be read as PEM certificates";
    }
    SUBCASE("our certificate")
    {
        source.tls.cert_file = cert.key_file;
        where = "source web: tls.cert_file: cannot be read as PEM certificates";
    }
    SUBCASE("our key")
    {
        certificate const other("localhost");
        source.tls.cert_file = cert.cert_file;
        source.tls.key_file = other.key_file;
        where =
            "source web: tls.key_file: cannot be read as a PEM key without a password, or does not fit tls.cert_file";
        client one(on, source);
        CHECK(one.find().error().where == where);
        return;
    }
    client one(on, source);
    auto const found = one.find();
    REQUIRE_FALSE(found.has_value());
    CHECK(found.error().code == errc::unsupported);
    CHECK(found.error().where == where);
}
