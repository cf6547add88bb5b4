#include "upstream/dimse/wire/connect.hpp"

#include "upstream/errc.hpp"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

namespace {

using namespace pons;
using namespace pons::upstream;
using namespace pons::upstream::dimse;
using namespace std::chrono_literals;

/// A socket that listens, with room for very few.
struct listener {
    descriptor fd{::socket(AF_INET, SOCK_STREAM, 0)};
    std::uint16_t port = 0;

    explicit listener(int backlog)
    {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&at), size) == 0);
        REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&at), &size) == 0);
        port = ntohs(at.sin_port);
        if (backlog >= 0)
            REQUIRE(::listen(fd.get(), backlog) == 0);
    }
};

/// Fills the backlog, so that the next connection is neither accepted nor refused.
std::vector<descriptor> fill(std::vector<endpoint> const& to)
{
    std::vector<descriptor> waiting;
    for (int i = 0; i < 4; ++i)
        if (auto c = connect(to, {clock::now() + 50ms}))
            waiting.push_back(std::move(*c));
    return waiting;
}

TEST_CASE("addresses are compared in their usual form")
{
    struct {
        char const* address;
        char const* usual;
    } const cases[] = {
        {"192.0.2.7", "192.0.2.7"},
        {"::ffff:192.0.2.7", "192.0.2.7"},
        {"2001:DB8:0::7", "2001:db8::7"},
        {"pacs.example", "pacs.example"},
        {"", ""},
    };
    for (auto const& c : cases)
        CHECK(usual_form(c.address) == c.usual);
}

TEST_CASE("connects to a listening socket")
{
    listener const here(4);
    auto const to = resolve("127.0.0.1", here.port, {clock::now() + 1s});
    REQUIRE(to);
    auto const connected = connect(*to, {clock::now() + 1s});
    REQUIRE(connected);
    CHECK(connected->get() >= 0);
}

TEST_CASE("a name that cannot be looked up for want of descriptors is an error")
{
    // Looked up once before, since UBSan cannot look at the type of what it meets for the first time without
    // descriptors.
    REQUIRE(resolve("localhost", 104, {clock::now() + 5s}));
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    int const lowest = ::dup(0);
    REQUIRE(lowest > 0);
    ::close(lowest);
    rlimit none = before;
    none.rlim_cur = static_cast<rlim_t>(lowest);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    auto const to = resolve("localhost", 104, {clock::now() + 1s});
    ::setrlimit(RLIMIT_NOFILE, &before);
    REQUIRE_FALSE(to);
    CHECK(to.error().code == errc::unreachable);
}

TEST_CASE("resolves a name")
{
    listener const here(4);
    auto const to = resolve("localhost", here.port, {clock::now() + 5s});
    REQUIRE(to);
    CHECK(connect(*to, {clock::now() + 1s}));
}

TEST_CASE("a name that does not exist and a port that nobody listens on are unreachable")
{
    auto const name = resolve("no-such-host.invalid", 104, {clock::now() + 20s});
    REQUIRE_FALSE(name);
    CHECK(name.error().code == errc::unreachable);
    CHECK(name.error().where == "name resolution");

    listener const bound_only(-1);
    auto const to = resolve("127.0.0.1", bound_only.port, {clock::now() + 1s});
    auto const refused = connect(*to, {clock::now() + 1s});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::unreachable);
}

TEST_CASE("a connection that nobody accepts ends at the deadline, to the millisecond")
{
    listener const full(0);
    auto const to = resolve("127.0.0.1", full.port, {clock::now() + 1s});
    auto const waiting = fill(*to);
    auto const begin = clock::now();
    auto const late = connect(*to, {begin + 30ms});
    REQUIRE_FALSE(late);
    CHECK(late.error().code == errc::timed_out);
    CHECK(clock::now() - begin < 900ms);  // DCMTK's own deadline would be a whole second
}

TEST_CASE("another thread ends a connection attempt")
{
    listener const full(0);
    auto const to = resolve("127.0.0.1", full.port, {clock::now() + 1s});
    auto const waiting = fill(*to);
    interruption stop;
    std::jthread const other([&] { stop.request(); });
    auto const ended = connect(*to, {clock::now() + 60s, &stop});
    REQUIRE_FALSE(ended);
    CHECK(ended.error().code == errc::cancelled);
}

TEST_CASE("an interruption holds until it is reset")
{
    interruption stop;
    stop.request();
    CHECK(wait_for(-1, 0, {clock::now() + 60s, &stop}) == readiness::interrupted);
    CHECK(wait_for(-1, 0, {clock::now() + 60s, &stop}) == readiness::interrupted);
    stop.reset();
    CHECK(wait_for(-1, 0, {clock::now() + 1ms, &stop}) == readiness::expired);
}

}  // namespace
