#include "tests/proxy/http/test_server.hpp"

#include <fcntl.h>
#include <sys/resource.h>

using namespace pons;
using namespace pons::test;

TEST_CASE("a port that is taken is an error with a place")
{
    test_server s;
    auto config = test_server::defaults();
    config.listen.port = s.port();
    proxy::http::server second(config, [](executor) { return proxy::http::site{}; });
    auto const started = second.start();
    REQUIRE_FALSE(started);
    CHECK(started.error().code == std::errc::address_in_use);
    CHECK(started.error().where == "http.listen");
}

TEST_CASE("what the maker of a site throws comes out of start")
{
    proxy::http::server broken(test_server::defaults(),
                               [](executor) -> proxy::http::site { throw std::invalid_argument("site"); });
    CHECK_THROWS_AS(static_cast<void>(broken.start()), std::invalid_argument);
}

TEST_CASE("each worker has a site of its own and a share of the connections")
{
    auto config = test_server::defaults();
    config.threads = 3;
    test_server s(config);
    CHECK(s.sites == 3);
    std::vector<raw_client> clients;
    for (int i = 0; i < 9; ++i) {
        clients.push_back(s.client());
        CHECK(clients.back().ask(get("/hello")).status == 200);
    }
    CHECK(s.server.counts().connections == 9);
}

TEST_CASE("stopping closes idle connections at once, finishes requests, refuses new ones")
{
    test_server s;
    auto idle = s.client();
    CHECK(idle.ask(get("/hello")).status == 200);
    auto busy = s.client();
    busy.send(get("/soon"));
    REQUIRE(eventually([&] { return s.begun == 1; }));
    s.server.drain();
    CHECK(idle.closed());
    CHECK_FALSE(raw_client().try_connect(s.port()));
    auto const got = busy.read();
    CHECK(got.status == 200);
    CHECK(got.body == "soon");
    CHECK(got.field("connection") == "close");
    CHECK(busy.closed());
    auto const began = clock::now();
    s.server.stop(30s);
    CHECK(clock::now() - began < 5s);
}

TEST_CASE("stopping cuts what does not end in time")
{
    test_server s;
    auto client = s.client();
    client.send(get("/wait"));
    auto half = s.client();
    half.send("GET /hel");
    REQUIRE(eventually([&] { return s.waiting == 1; }));
    auto const began = clock::now();
    s.server.stop(50ms);
    CHECK(clock::now() - began < 1900ms);  // well before it would give up on the handler
    CHECK(s.cancelled == 1);
    CHECK(client.closed());
    CHECK(half.closed());
}

TEST_CASE("beyond the limit of connections a client is told 503")
{
    auto config = test_server::defaults();
    config.max_connections = 2;
    test_server s(config);
    auto first = s.client();
    auto second = s.client();
    CHECK(first.ask(get("/hello")).status == 200);
    CHECK(second.ask(get("/hello")).status == 200);
    auto third = s.client();
    auto const got = third.ask(get("/hello"));
    CHECK(got.status == 503);
    CHECK(got.field("connection") == "close");
    CHECK(got.field("retry-after") == "1");
    first.close();
    REQUIRE(eventually([&] { return s.server.counts().connections == 1; }));
    CHECK(s.client().ask(get("/hello")).status == 200);
    CHECK(s.server.counts().refused == 1);
}

#if defined(__has_feature)
#define PONS_UNDER_UBSAN __has_feature(undefined_behavior_sanitizer)
#else
#define PONS_UNDER_UBSAN 0
#endif

#if !PONS_UNDER_UBSAN  // which makes pipes to look at memory, and calls an object broken when it cannot
TEST_CASE("out of file descriptors it waits and then goes on")
{
    test_server s;
    raw_client early;
    auto const lowest_free = ::open("/dev/null", O_RDONLY);
    ::close(lowest_free);
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    rlimit none = before;
    none.rlim_cur = static_cast<rlim_t>(lowest_free);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    early.connect(s.port());
    bool const failed = eventually([&] { return s.server.counts().accept_failures >= 2; });
    ::setrlimit(RLIMIT_NOFILE, &before);
    CHECK(failed);
    CHECK(s.server.counts().accept_failures < 100);
    CHECK(early.ask(get("/hello")).status == 200);
}
#endif

TEST_CASE("1,600 requests of which half lose their client")
{
    auto config = test_server::defaults();
    config.threads = 2;
    test_server s(config);
    for (int round = 0; round < 8; ++round) {
        std::vector<raw_client> stay;
        std::vector<raw_client> leave;
        for (int i = 0; i < 100; ++i) {
            stay.push_back(s.client());
            leave.push_back(s.client());
            stay.back().send(get("/soon"));
            leave.back().send(get("/wait") + get("/hello"));
        }
        CHECK(eventually([&] { return s.waiting == 100; }));
        for (std::size_t i = 0; i < leave.size(); ++i) {
            if (i % 3 == 0)
                leave[i].abort();
            else
                leave[i].close();
        }
        for (auto& client : stay)
            CHECK(client.read().status == 200);
    }
    CHECK(eventually([&] { return s.cancelled == 800; }));
    CHECK(eventually([&] { return s.server.drained(); }));
    CHECK(s.server.counts().requests == 0);
    REQUIRE(s.logged(1600));
    auto const lines = s.lines();
    CHECK(std::count_if(lines.begin(), lines.end(), [](auto const& l) { return l.status == 499; }) == 800);
}
