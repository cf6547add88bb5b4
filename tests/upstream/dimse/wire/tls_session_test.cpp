#include "upstream/dimse/wire/tls_session.hpp"

#include "tests/support/http_stub.hpp"
#include "upstream/tls/context.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <thread>

namespace {

using namespace pons;
using namespace pons::test;
using namespace pons::upstream::dimse;
using namespace std::chrono_literals;
using upstream::tls::problem;

/// Two ends of a connection: ours does not block, the peer's is served by a thread.
struct wire {
    descriptor ours;
    descriptor theirs;
    std::jthread peer;

    explicit wire(std::function<void(int)> const& behaviour)
    {
        int both[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, both) == 0);
        ours = descriptor(both[0]);
        theirs = descriptor(both[1]);
        ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
        peer = std::jthread([behaviour, fd = both[1]] { behaviour(fd); });
    }
    ~wire() { ::shutdown(ours.get(), SHUT_RDWR); }
};

using session = std::unique_ptr<SSL, decltype([](SSL* s) { SSL_free(s); })>;

int accept_any(int, X509_STORE_CTX*)
{
    return 1;
}

/// The server's side of a handshake; null when it failed. `asks`: for our certificate, which it takes as it is.
session accept(int fd, certificate const& as, int version = TLS1_3_VERSION, bool asks = false)
{
    std::unique_ptr<SSL_CTX, decltype([](SSL_CTX* c) { SSL_CTX_free(c); })> const context(
        SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate_chain_file(context.get(), as.cert_file.c_str());
    SSL_CTX_use_PrivateKey_file(context.get(), as.key_file.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_set_max_proto_version(context.get(), version);
    if (asks)
        SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, &accept_any);
    session made(SSL_new(context.get()));
    SSL_set_fd(made.get(), fd);
    return SSL_accept(made.get()) == 1 ? std::move(made) : nullptr;
}

std::shared_ptr<asio::ssl::context> trusting(certificate const& authority)
{
    config::tls settings;
    settings.ca_file = authority.cert_file;
    auto made = upstream::tls::make_context(settings);
    REQUIRE(made);
    return *made;
}

auto begin(wire const& over, certificate const& authority, patience const& how_long,
           std::string const& host = "localhost")
{
    return tls_session::begin(over.ours.get(), trusting(authority)->native_handle(), host, how_long);
}

/// Until all is there, or the end.
std::string read_all(tls_session& from, int fd, std::size_t size)
{
    std::string all;
    std::vector<std::byte> some(50'000);
    while (all.size() < size) {
        auto const came = from.read(some);
        all.append(reinterpret_cast<char const*>(some.data()), came.bytes);
        if (came.bytes == 0 &&
            (came.wanted == 0 || wait_for(fd, came.wanted, {clock::now() + 20s}) != readiness::ready))
            break;
    }
    return all;
}

TEST_CASE("what TLS says for itself is nothing to read")
{
    certificate const cert("localhost");
    wire const over([&](int fd) {
        auto const peer = accept(fd, cert);  // and sends session tickets (RFC 8446 §4.6.1)
        char any = 0;
        if (peer)
            SSL_read(peer.get(), &any, 1);
    });
    auto const ours = begin(over, cert, {clock::now() + 20s});
    REQUIRE(ours);
    CHECK(std::string((*ours)->version()) == "TLSv1.3");
    REQUIRE(wait_for(over.ours.get(), POLLIN, {clock::now() + 20s}) == readiness::ready);
    std::byte room[16];
    auto const came = (*ours)->read(room);
    CHECK(came.bytes == 0);
    CHECK(came.wanted == POLLIN);
    CHECK_FALSE((*ours)->trouble());
}

TEST_CASE("both ways, across many records, whatever the pieces")
{
    constexpr std::size_t size = 3'000'001;
    certificate const cert("localhost");
    for (auto const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        wire const over([&](int fd) {
            auto const peer = accept(fd, cert, version);
            if (!peer)
                return;
            std::string all(size, '\0');
            std::size_t have = 0;
            for (std::size_t n = 0; have < size && SSL_read_ex(peer.get(), all.data() + have, size - have, &n) == 1;)
                have += n;
            std::size_t sent = 0;
            SSL_write_ex(peer.get(), all.data(), have, &sent);
            SSL_shutdown(peer.get());
        });
        auto const ours = begin(over, cert, {clock::now() + 20s});
        REQUIRE(ours);
        std::string message(size, '\0');
        for (std::size_t i = 0; i < size; ++i)
            message[i] = static_cast<char>(i * 2654435761U >> 13);
        auto const bytes = std::as_bytes(std::span(message));
        for (std::size_t sent = 0; sent < size;) {
            auto const gone = (*ours)->write(bytes.subspan(sent));
            sent += gone.bytes;
            if (gone.bytes == 0)
                REQUIRE((gone.wanted != 0 &&
                         wait_for(over.ours.get(), gone.wanted, {clock::now() + 20s}) == readiness::ready));
        }
        CHECK(read_all(**ours, over.ours.get(), size) == message);
        CHECK(read_all(**ours, over.ours.get(), 1).empty());  // the end
        CHECK_FALSE((*ours)->trouble());
        (*ours)->close();
    }
}

TEST_CASE("a peer that says nothing, or half a record, ends the handshake at the deadline")
{
    certificate const cert("localhost");
    for (std::string const& said : {std::string(), std::string("\x16\x03\x03\x00\xC8\x02\x00\x00", 8)}) {
        wire const over([&](int fd) {
            char any[4096];
            while (::recv(fd, any, sizeof any, 0) > 0)
                if (!said.empty())
                    (void)::send(fd, said.data(), said.size(), MSG_NOSIGNAL);
        });
        auto const ours = begin(over, cert, {clock::now() + 30ms});
        REQUIRE_FALSE(ours);
        CHECK(ours.error().what == problem::silent);
    }
}

TEST_CASE("another thread ends a handshake")
{
    certificate const cert("localhost");
    interruption stop;
    wire const over([&](int fd) {
        char any = 0;
        (void)::recv(fd, &any, 1, 0);
        stop.request();
    });
    auto const ours = begin(over, cert, {clock::now() + 60s, &stop});
    REQUIRE_FALSE(ours);
    CHECK(ours.error().what == problem::cancelled);
}

TEST_CASE("a certificate that is not good says why")
{
    certificate const cert("pacs.example.org");
    certificate const other("localhost");
    struct {
        char const* name;
        certificate const& authority;
        char const* host;
        problem what;
        char const* detail;
    } const cases[] = {
        {"another name", cert, "localhost", problem::wrong_name, "it is for pacs.example.org"},
        {"an address that it does not name", cert, "127.0.0.1", problem::wrong_name, "it is for pacs.example.org"},
        {"an unknown authority", other, "pacs.example.org", problem::unknown_authority, "self-signed certificate"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        wire const over([&](int fd) { accept(fd, cert); });
        auto const ours = begin(over, c.authority, {clock::now() + 20s}, c.host);
        REQUIRE_FALSE(ours);
        CHECK(ours.error().what == c.what);
        CHECK(ours.error().detail == c.detail);
    }
}

TEST_CASE("who ends the connection right after the handshake is not said to refuse our certificate when they part well")
{
    certificate const cert("localhost");
    certificate const ours("client");
    struct {
        char const* name;
        bool have_one;
        bool parts_well;
        problem what;
    } const cases[] = {
        {"a close_notify", true, true, problem::broken_off},
        {"a connection that ends", true, false, problem::certificate_refused},
        {"a close_notify, and we have none", false, true, problem::certificate_wanted},
        {"a connection that ends, and we have none", false, false, problem::certificate_wanted},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        wire const over([&](int fd) {
            auto const peer = accept(fd, cert, TLS1_3_VERSION, true);
            if (peer && c.parts_well)
                SSL_shutdown(peer.get());
            ::shutdown(fd, SHUT_RDWR);
        });
        config::tls settings;
        settings.ca_file = cert.cert_file;
        if (c.have_one) {
            settings.cert_file = ours.cert_file;
            settings.key_file = ours.key_file;
        }
        auto const context = upstream::tls::make_context(settings);
        REQUIRE(context);
        auto const session =
            tls_session::begin(over.ours.get(), (*context)->native_handle(), "localhost", {clock::now() + 20s});
        REQUIRE(session);
        CHECK(read_all(**session, over.ours.get(), 1).empty());
        REQUIRE((*session)->trouble());
        CHECK((*session)->trouble()->what == c.what);
    }
}

TEST_CASE("what is no TLS is told so")
{
    certificate const cert("localhost");
    struct {
        char const* name;
        std::string says;
        problem what;
    } const cases[] = {
        {"another protocol", "HTTP/1.1 400 Bad Request\r\n\r\n", problem::no_tls},
        {"an A-ABORT", std::string("\x07\x00\x00\x00\x00\x04\x00\x00\x02\x00", 10), problem::no_tls},
        {"nothing, and the end", "", problem::broken_off},
        {"an alert: protocol version", std::string("\x15\x03\x01\x00\x02\x02\x46", 7), problem::old_version},
        {"an alert: handshake failure", std::string("\x15\x03\x03\x00\x02\x02\x28", 7), problem::no_cipher},
        {"an alert: unrecognized name", std::string("\x15\x03\x03\x00\x02\x02\x70", 7), problem::unknown_host},
        {"an alert: internal error", std::string("\x15\x03\x03\x00\x02\x02\x50", 7), problem::other},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        wire const over([&](int fd) {
            char any[4096];
            (void)::recv(fd, any, sizeof any, 0);
            (void)::send(fd, c.says.data(), c.says.size(), MSG_NOSIGNAL);
            ::shutdown(fd, SHUT_RDWR);
        });
        auto const ours = begin(over, cert, {clock::now() + 20s});
        REQUIRE_FALSE(ours);
        CHECK(ours.error().what == c.what);
    }
}

}  // namespace
