#include "tests/proxy/http/test_server.hpp"

#include "mapping/errc.hpp"
#include "upstream/errc.hpp"

using namespace pons;
using namespace pons::test;
using proxy::http::exchange;
using proxy::http::response;
using proxy::http::route;
using proxy::http::verb;

namespace {

/// What the handlers of these tests saw; outlives the server.
struct seen {
    std::atomic<std::size_t> bytes{0};
    std::atomic<std::size_t> largest{0};
    std::atomic<int> cancelled{0};
    std::atomic<int> stalled{0};
    std::atomic<int> waiting{0};
};

response text(std::string body, proxy::http::status status = proxy::http::status::ok)
{
    response answer{.status = status, .content_type = "text/plain"};
    answer.body = std::move(body);
    return answer;
}

/// Reads to the end and answers with what came, or how much when that is long.
awaitable<response> take(seen& s, exchange const& x)
{
    CHECK(x.req.body.empty());
    std::string all;
    std::size_t size = 0;
    for (;;) {
        auto const piece = co_await x.body->read();
        if (!piece) {
            s.stalled += piece.error().code == make_error_code(upstream::errc::stalled);
            s.cancelled += piece.error().code == make_error_code(upstream::errc::cancelled);
            bool const bad = piece.error().code == make_error_code(mapping::errc::invalid_value);
            auto const again = co_await x.body->read();
            CHECK_FALSE(again);
            co_return text("no", bad ? proxy::http::status::bad_request : proxy::http::status::request_timeout);
        }
        if (piece->empty())
            break;
        size += piece->size();
        s.bytes += piece->size();
        s.largest = std::max(s.largest.load(), piece->size());
        if (size < 1000)
            all.append(reinterpret_cast<char const*>(piece->data()), piece->size());
    }
    auto const end = co_await x.body->read();
    CHECK(end.value().empty());
    co_return text(size < 1000 ? all : std::to_string(size));
}

awaitable<response> refuse(exchange const&)
{
    co_return text("no such type", proxy::http::status::unsupported_media_type);
}

/// Reads a piece, and then no more until it is cancelled.
awaitable<response> hold(seen& s, exchange const& x)
{
    auto const piece = co_await x.body->read();
    CHECK(piece);
    steady_timer never(co_await asio::this_coro::executor, time_point::max());
    ++s.waiting;
    auto const [ec] = co_await never.async_wait(as_tuple);
    s.cancelled += bool(ec);
    co_return text("");
}

std::vector<route> routes(seen& s)
{
    auto takes = [&s](exchange const& x) { return take(s, x); };
    auto holds = [&s](exchange const& x) { return hold(s, x); };
    std::vector<route> rows{{{verb::post}, "/take", "take", takes, true},
                            {{verb::post}, "/refuse", "refuse", &refuse, true},
                            {{verb::post}, "/hold", "hold", holds, true}};
    return rows;
}

std::string post(std::string_view path, std::string_view fields)
{
    return std::string("POST ").append(path).append(" HTTP/1.1\r\nHost: pons\r\n").append(fields).append("\r\n");
}

config::http small_bodies()
{
    auto config = test_server::defaults();
    config.max_body = 100;
    return config;
}

}  // namespace

TEST_CASE("a body that is streamed comes whole, with a length or in chunks, and the connection is kept")
{
    seen s;
    test_server t(small_bodies(), routes(s));
    auto client = t.client();
    CHECK(client.ask(post("/take", "Content-Length: 5\r\n") + "hello").body == "hello");
    CHECK(client.ask(post("/take", "Transfer-Encoding: chunked\r\n") + "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nA: b\r\n\r\n")
              .body == "hello");
    CHECK(client.ask(post("/take", "Content-Length: 0\r\n")).body.empty());
    CHECK(client.ask(post("/take", "")).body.empty());
    // Two at once, and a body that is held behind them.
    client.send(post("/take", "Content-Length: 3\r\n") + "one" + post("/take", "Transfer-Encoding: chunked\r\n") +
                "3\r\ntwo\r\n0\r\n\r\n" + post("/echo", "Content-Length: 5\r\n") + "three");
    CHECK(client.read().body == "one");
    CHECK(client.read().body == "two");
    CHECK(client.read().body == "three");
    REQUIRE(t.logged(6));
    CHECK(t.lines()[0].status == 200);
}

TEST_CASE("a body that is streamed has no limit of size, and little of it is held")
{
    seen s;
    test_server t(small_bodies(), routes(s));
    auto client = t.client();
    std::string const part(1 << 20, 'x');
    client.send(post("/take", "Content-Length: " + std::to_string(20 << 20) + "\r\n"));
    for (int i = 0; i < 20; ++i)
        REQUIRE(client.send(part));
    CHECK(client.read().body == std::to_string(20 << 20));
    client.send(post("/take", "Transfer-Encoding: chunked\r\n"));
    for (int i = 0; i < 20; ++i)
        REQUIRE(client.send("100000\r\n" + part + "\r\n"));
    CHECK(client.ask("0\r\n\r\n").body == std::to_string(20 << 20));
    CHECK(s.bytes == 40 << 20);
    CHECK(s.largest <= 256 * 1024);
    CHECK(client.ask(post("/echo", "Content-Length: 101\r\n") + std::string(101, 'x')).status == 413);
}

TEST_CASE("the client is told to go on when its body is wanted, and not when the request is refused")
{
    seen s;
    test_server t(small_bodies(), routes(s));
    {
        auto client = t.client();
        client.send(post("/take", "Content-Length: 5\r\nExpect: 100-continue\r\n"));
        CHECK(client.read().status == 100);
        CHECK(client.ask("hello").body == "hello");
    }
    auto client = t.client();
    auto const refused = client.ask(post("/refuse", "Content-Length: 500000\r\nExpect: 100-continue\r\n"));
    CHECK(refused.status == 415);
    CHECK(refused.field("connection") == "close");
    CHECK(refused.body == "no such type");
}

TEST_CASE("a refusal is read by a client that sends all the same")
{
    seen s;
    test_server t(small_bodies(), routes(s));
    auto client = t.client();
    client.send(post("/refuse", "Content-Length: 3000000\r\n"));
    CHECK(client.send(std::string(3'000'000, 'x')));
    CHECK(client.read().status == 415);
}

TEST_CASE("chunks that are none end the body")
{
    seen s;
    test_server t(small_bodies(), routes(s));
    auto client = t.client();
    auto const got = client.ask(post("/take", "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\nzz\r\n");
    CHECK(got.status == 400);
    CHECK(got.field("connection") == "close");
}

TEST_CASE("a client that sends nothing for too long is told 408, one that leaves cancels the handler")
{
    seen s;
    auto config = small_bodies();
    config.stall_timeout = 200ms;
    test_server t(config, routes(s));
    {
        auto client = t.client();
        CHECK(client.ask(post("/take", "Content-Length: 5\r\n") + "he").status == 408);
        CHECK(s.stalled == 1);
    }
    {
        auto client = t.client();
        client.send(post("/take", "Content-Length: 5\r\n") + "he");
        REQUIRE(eventually([&] { return s.bytes == 4; }));
        client.abort();
        CHECK(eventually([&] { return s.cancelled == 1; }));
    }
    {
        auto client = t.client();
        client.send(post("/hold", "Content-Length: 5\r\n") + "he");
        REQUIRE(eventually([&] { return s.waiting == 1; }));
        client.close();
        CHECK(eventually([&] { return s.cancelled == 2; }));
    }
    REQUIRE(t.logged(3));
    CHECK(t.lines()[0].status == 408);
    CHECK(t.lines()[1].status == 499);
    CHECK(t.lines()[2].status == 499);
}
