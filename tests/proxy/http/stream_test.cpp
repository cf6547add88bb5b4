#include "tests/proxy/http/test_server.hpp"

#include "upstream/errc.hpp"

using namespace pons;
using namespace pons::test;
using proxy::http::exchange;
using proxy::http::response;
using proxy::http::verb;

namespace {

std::span<std::byte const> bytes_of(std::string_view text)
{
    return std::as_bytes(std::span(text.data(), text.size()));
}

/// What the handlers of these tests saw; outlives the server.
struct seen {
    std::atomic<int> ended{0};
    std::atomic<int> cancelled{0};
    std::atomic<int> stalled{0};
    std::atomic<int> waiting{0};
};

response head_of(std::string body = {})
{
    response head{.content_type = "multipart/related"};
    head.body = std::move(body);
    return head;
}

/// Begins, then writes `what` again and again: as often as the path says.
awaitable<response> repeat(seen& s, exchange const& x, std::string what)
{
    auto const begun = co_await x.stream->begin(head_of("--"));
    result<void> done = begun;
    for (auto left = std::stoul(x.path_parameters.at(0)); left > 0 && done; --left)
        done = co_await x.stream->write(bytes_of(what));
    if (!done && done.error().code == upstream::errc::stalled)
        ++s.stalled;
    if (!done && done.error().code == upstream::errc::cancelled)
        ++s.cancelled;
    ++s.ended;
    co_return response{};
}

awaitable<response> broken(exchange const& x)
{
    co_await x.stream->begin(head_of());
    co_await x.stream->write(bytes_of("abc"));
    x.stream->break_off("an instance is missing");
    auto const more = co_await x.stream->write(bytes_of("never sent"));
    CHECK_FALSE(more);
    co_return response{};
}

awaitable<response> throws(exchange const& x)
{
    co_await x.stream->begin(head_of("abc"));
    throw std::runtime_error("what a patient is called");
    co_return response{};
}

awaitable<response> no_begin(exchange const&)
{
    response answer{.content_type = "text/plain"};
    answer.body = "held";
    co_return answer;
}

/// Begins, and then hears nothing from its archive.
awaitable<response> silent(seen& s, exchange const& x)
{
    co_await x.stream->begin(head_of("abc"));
    steady_timer timer(co_await asio::this_coro::executor, time_point::max());
    ++s.waiting;
    auto const [error] = co_await timer.async_wait(as_tuple);
    if (error)
        ++s.cancelled;
    co_return response{};
}

std::vector<proxy::http::route> routes(seen& s)
{
    auto const small = [&s](exchange const& x) { return repeat(s, x, "0123456789"); };
    auto const large = [&s](exchange const& x) { return repeat(s, x, std::string(65536, 'x')); };
    auto const wait = [&s](exchange const& x) { return silent(s, x); };
    return {{{verb::get}, "/small/{count}", "small", small}, {{verb::get}, "/large/{count}", "large", large},
            {{verb::get}, "/broken", "broken", &broken},     {{verb::get}, "/throws", "throws", &throws},
            {{verb::get}, "/held", "held", &no_begin},       {{verb::get}, "/silent", "silent", wait}};
}

std::string as_1_0(std::string_view path)
{
    return std::string("GET ").append(path).append(" HTTP/1.0\r\nHost: pons\r\nConnection: keep-alive\r\n\r\n");
}

}  // namespace

TEST_CASE("sends an answer while it is made, chunk by chunk, and keeps the connection")
{
    seen s;
    test_server t(test_server::defaults(), routes(s));
    auto client = t.client();
    for (int i = 0; i < 2; ++i) {
        auto const got = client.ask(get("/small/3", "Accept-Encoding: gzip\r\n"));
        CHECK(got.status == 200);
        CHECK(got.field("transfer-encoding") == "chunked");
        CHECK_FALSE(got.has("content-length"));
        CHECK_FALSE(got.has("content-encoding"));
        CHECK(got.body == "--012345678901234567890123456789");
    }
    CHECK(client.ask(get("/held")).body == "held");
    CHECK(client.ask(get("/small/0")).body == "--");
    REQUIRE(t.logged(3));
    CHECK(t.lines()[0].status == 200);
    CHECK(t.lines()[0].broken_off.empty());
    CHECK(t.lines()[0].bytes_out > 32);
    CHECK(t.server.counts().broken_off == 0);
}

TEST_CASE("HEAD of a streamed answer has its head, and writes end at once")
{
    seen s;
    test_server t(test_server::defaults(), routes(s));
    auto client = t.client();
    auto const got = client.ask("HEAD /small/3 HTTP/1.1\r\nHost: a\r\n\r\n", true);
    CHECK(got.status == 200);
    CHECK(got.field("transfer-encoding") == "chunked");
    CHECK(client.ask(get("/held")).body == "held");  // nothing came in between
    CHECK(s.cancelled == 1);
    CHECK(t.server.counts().broken_off == 0);
}

TEST_CASE("HTTP/1.0 has a body up to the close, and a reset where it is not whole")
{
    seen s;
    test_server t(test_server::defaults(), routes(s));
    for (auto const* const path : {"/small/2", "/broken"}) {
        CAPTURE(path);
        auto client = t.client();
        client.send(as_1_0(path));
        bool reset = false;
        auto const all = client.read_to_end(reset);
        bool const is_broken = std::string_view(path) == "/broken";
        CHECK(reset == is_broken);
        if (is_broken)
            continue;
        CHECK(all.find("\r\nConnection: close\r\n") != std::string::npos);
        CHECK(all.find("Transfer-Encoding") == std::string::npos);
        CHECK(all.ends_with("\r\n\r\n--01234567890123456789"));
    }
}

TEST_CASE("an answer that is broken off lacks its last chunk, and the log says why")
{
    seen s;
    test_server t(test_server::defaults(), routes(s));
    for (auto const* const path : {"/broken", "/throws"}) {
        CAPTURE(path);
        auto client = t.client();
        auto const got = client.ask(get(path));
        CHECK(got.status == 0);
        CHECK(got.field("transfer-encoding") == "chunked");
        CHECK(got.body == "abc");
        CHECK(client.closed());
    }
    REQUIRE(t.logged(2));
    CHECK(t.lines()[0].status == 200);
    CHECK(t.lines()[0].broken_off == "an instance is missing");
    CHECK(t.lines()[1].broken_off == "a defect of this server");
    CHECK(t.server.counts().broken_off == 2);
}

TEST_CASE("the deadline of the request ends with the head of a streamed answer")
{
    seen s;
    auto config = test_server::defaults();
    config.request_timeout = 1ms;
    test_server t(config, routes(s));
    auto client = t.client();
    CHECK(client.ask(get("/large/200")).body.size() == 2 + 200 * 65536);
}

TEST_CASE("a client that takes nothing for too long is given up")
{
    seen s;
    auto config = test_server::defaults();
    config.stall_timeout = 200ms;
    test_server t(config, routes(s));
    raw_client client;
    client.hold_little();
    client.connect(t.port());
    client.send(get("/large/10000"));
    REQUIRE(t.logged(1));
    CHECK(s.stalled == 1);
    CHECK(t.lines()[0].status == 200);
    CHECK(t.lines()[0].broken_off == "the client took nothing");
    CHECK(client.read().status == 0);
}

TEST_CASE("a client that leaves cancels the handler of its streamed answer")
{
    seen s;
    test_server t(test_server::defaults(), routes(s));
    SUBCASE("while the archive is silent")
    {
        auto client = t.client();
        client.send(get("/silent"));
        int status = 0;
        client.read_head(status);
        CHECK(client.read_chunk() == "abc");
        REQUIRE(eventually([&] { return s.waiting == 1; }));
        client.close();
        CHECK(eventually([&] { return s.cancelled == 1; }));
    }
    SUBCASE("while bytes are on their way")
    {
        raw_client client;
        client.hold_little();
        client.connect(t.port());
        client.send(get("/large/100000"));
        int status = 0;
        client.read_head(status);
        client.abort();
    }
    REQUIRE(t.logged(1));
    CHECK(t.lines()[0].status == 499);
    CHECK(t.server.counts().broken_off == 1);
}

TEST_CASE("stopping waits for a streamed answer, then breaks it off visibly")
{
    seen s;
    test_server t(test_server::defaults(), routes(s));
    auto client = t.client();
    client.send(get("/silent"));
    REQUIRE(eventually([&] { return s.waiting == 1; }));
    t.server.stop(50ms);
    CHECK(s.cancelled == 1);
    auto const got = client.read();
    CHECK(got.status == 0);
    CHECK(got.body == "abc");
    REQUIRE(t.logged(1));
    CHECK(t.lines()[0].broken_off == "the server stopped");
}
