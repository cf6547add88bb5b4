#include "tests/proxy/http/test_server.hpp"

#include <zlib.h>

using namespace pons;
using namespace pons::test;

namespace {

std::string gunzip(std::string const& body)
{
    z_stream z{};
    REQUIRE(inflateInit2(&z, 15 + 16) == Z_OK);
    std::string out(1 << 20, '\0');
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
    z.avail_in = static_cast<uInt>(body.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    CHECK(inflate(&z, Z_FINISH) == Z_STREAM_END);
    out.resize(z.total_out);
    inflateEnd(&z);
    return out;
}

}  // namespace

TEST_CASE("answers, and keeps the connection for the next request")
{
    test_server s;
    auto client = s.client();
    for (int i = 0; i < 3; ++i) {
        auto const got = client.ask(get("/hello"));
        CHECK(got.status == 200);
        CHECK(got.body == R"({"hello":"world"})");
        CHECK(got.field("content-type") == "application/json");
        CHECK(got.field("server") == "pons");
        CHECK(got.field("date").ends_with(" GMT"));
        CHECK(got.field("vary") == "Accept, Accept-Encoding");
        CHECK(got.field("cache-control") == "no-store");
        CHECK(got.field("x-content-type-options") == "nosniff");
        CHECK(got.field("x-request-id").size() == 32);
        CHECK_FALSE(got.has("connection"));
    }
    CHECK(s.server.counts().accepted == 1);
}

TEST_CASE("answers five pipelined requests in their order")
{
    test_server s;
    auto client = s.client();
    client.send(get("/item/1") + get("/soon") + get("/item/3") + get("/nothing") + get("/item/5"));
    CHECK(client.read().body == "1");
    CHECK(client.read().body == "soon");
    CHECK(client.read().body == "3");
    CHECK(client.read().status == 404);
    CHECK(client.read().body == "5");
}

TEST_CASE("takes a request byte by byte")
{
    test_server s;
    auto client = s.client();
    for (char const c :
         std::string("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"))
        client.send({&c, 1});
    CHECK(client.read().body == "abc");
}

TEST_CASE("HEAD has the headers of GET and no body")
{
    test_server s;
    auto client = s.client();
    auto const got = client.ask("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n", true);
    CHECK(got.status == 200);
    CHECK(got.field("content-length") == "17");
    CHECK(client.ask(get("/item/next")).body == "next");  // nothing came in between
}

TEST_CASE("answers 304 without a body when the client has the answer already")
{
    test_server s;
    auto client = s.client();
    auto const got = client.ask(get("/hello", "If-None-Match: \"0\", \"1\"\r\n"));
    CHECK(got.status == 304);
    CHECK(got.field("etag") == R"(W/"1")");
    CHECK_FALSE(got.has("content-length"));
    CHECK_FALSE(got.has("content-type"));
    CHECK(client.ask(get("/hello", "If-None-Match: \"2\"\r\n")).status == 200);
}

TEST_CASE("compresses what is large, when asked")
{
    test_server s;
    auto client = s.client();
    auto const small = client.ask(get("/hello", "Accept-Encoding: gzip\r\n"));
    CHECK_FALSE(small.has("content-encoding"));
    auto const plain = client.ask(get("/big"));
    CHECK_FALSE(plain.has("content-encoding"));
    auto const refused = client.ask(get("/big", "Accept-Encoding: gzip;q=0\r\n"));
    CHECK_FALSE(refused.has("content-encoding"));
    for (int i = 0; i < 2; ++i) {
        auto const got = client.ask(get("/big", "Accept-Encoding: br, gzip\r\n"));
        CHECK(got.field("content-encoding") == "gzip");
        CHECK(got.body.size() < 2000);
        CHECK(gunzip(got.body) == plain.body);
    }
}

TEST_CASE("tells unknown paths from unknown methods")
{
    test_server s;
    auto client = s.client();
    CHECK(client.ask(get("/nothing")).status == 404);
    auto const got = client.ask("DELETE /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(got.status == 405);
    CHECK(got.field("allow") == "GET, HEAD, OPTIONS");
    CHECK(client.ask(get("/item/%ff")).status == 400);
    CHECK(client.ask(get("/item/a%2Fb")).body == "a/b");
    auto const options = client.ask("OPTIONS /echo HTTP/1.1\r\nHost: a\r\nOrigin: https://a.example\r\n\r\n");
    CHECK(options.status == 204);
    CHECK(options.field("allow") == "GET, HEAD, POST, OPTIONS");
    CHECK_FALSE(options.has("access-control-allow-origin"));
}

TEST_CASE("lets the pages of configured origins in, and no others")
{
    auto config = test_server::defaults();
    config.cors_origins = {"https://viewer.example"};
    test_server s(config);
    auto client = s.client();
    auto const preflight = client.ask(
        "OPTIONS /echo HTTP/1.1\r\nHost: a\r\nOrigin: https://viewer.example\r\nAccess-Control-Request-Method: "
        "POST\r\n\r\n");
    CHECK(preflight.status == 204);
    CHECK(preflight.field("access-control-allow-origin") == "https://viewer.example");
    CHECK(preflight.field("access-control-allow-methods") == "GET, HEAD, POST, OPTIONS");
    auto const got = client.ask(get("/hello", "Origin: https://viewer.example\r\n"));
    CHECK(got.field("access-control-allow-origin") == "https://viewer.example");
    CHECK(got.fields.count("vary") == 2);
    CHECK_FALSE(client.ask(get("/hello", "Origin: https://other.example\r\n")).has("access-control-allow-origin"));
}

TEST_CASE("follows the client's wish to keep or close the connection")
{
    test_server s;
    struct {
        char const* request;
        char const* connection;
        bool closes;
    } const cases[] = {
        {"GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "close", true},
        {"GET /hello HTTP/1.0\r\n\r\n", "close", true},
        {"GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "keep-alive", false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.request);
        auto client = s.client();
        auto const got = client.ask(c.request);
        CHECK(got.status == 200);
        CHECK(got.field("connection") == c.connection);
        if (c.closes)
            CHECK(client.closed());
        else
            CHECK(client.ask(c.request).status == 200);
    }
}

TEST_CASE("says 100 Continue before a body, unless the answer is no already")
{
    auto config = test_server::defaults();
    config.max_body = 10;
    test_server s(config);
    auto client = s.client();
    auto const head = std::string("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ");
    CHECK(client.ask(head + "3\r\n\r\n", true).status == 100);
    CHECK(client.ask("abc").body == "abc");
    CHECK(client.ask(head + "11\r\n\r\n").status == 413);
    CHECK(client.closed());
}

TEST_CASE("refuses what is not a request, in words, and closes")
{
    auto config = test_server::defaults();
    config.max_header = 4096;
    config.max_body = 100;
    test_server s(config);
    struct {
        char const* name;
        std::string bytes;
        int status;
    } const cases[] = {
        {"garbage", "\x16\x03\x01\r\n\r\n", 400},
        {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
        {"folded line", get("/", "A: b\r\n c\r\n"), 400},
        {"transfer coding", get("/", "Transfer-Encoding: gzip, chunked\r\n"), 501},
        {"header", get("/fhir/x", "A: " + std::string(5000, 'a') + "\r\n"), 431},
        {"target", get("/" + std::string(5000, 'a')), 414},
        {"body", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'a'), 413},
        {"chunked body", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n", 413},
        {"bare line feeds", "GET / HTTP/1.1\nHost: a\n\n", 400},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto client = s.client();
        auto const got = client.ask(c.bytes);
        CHECK(got.status == c.status);
        CHECK(got.field("connection") == "close");
        CHECK(got.body.size() > 20);
        client.half_close();
        CHECK(client.closed());
    }
    auto client = s.client();
    CHECK(client.ask(cases[4].bytes).field("content-type") == "application/fhir+json");
}

TEST_CASE("tells a slow request 408, and closes an idle connection without a word")
{
    auto config = test_server::defaults();
    config.header_timeout = 500ms;
    config.body_timeout = 500ms;
    config.idle_timeout = 500ms;
    test_server s(config);
    auto slow_header = s.client();
    slow_header.send("GET /fhir/hello HTTP/1.1\r\nHos");
    auto slow_body = s.client();
    slow_body.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    auto silent = s.client();
    auto idle = s.client();
    CHECK(idle.ask(get("/hello")).status == 200);
    auto const told = slow_header.read();
    CHECK(told.status == 408);
    CHECK(told.field("connection") == "close");
    CHECK(told.field("content-type") == "application/fhir+json");
    CHECK(slow_body.read().status == 408);
    CHECK(silent.closed());
    CHECK(idle.closed());
}

TEST_CASE("cancels the handler when the client leaves")
{
    test_server s;
    SUBCASE("closed")
    {
        auto client = s.client();
        client.send(get("/wait"));
        REQUIRE(eventually([&] { return s.waiting == 1; }));
        client.close();
    }
    SUBCASE("reset")
    {
        auto client = s.client();
        client.send(get("/wait"));
        REQUIRE(eventually([&] { return s.waiting == 1; }));
        client.abort();
    }
    SUBCASE("half-closed")
    {
        auto client = s.client();
        client.send(get("/wait"));
        REQUIRE(eventually([&] { return s.waiting == 1; }));
        client.half_close();
        CHECK(client.closed());
    }
    SUBCASE("closed after another request was pipelined")
    {
        auto client = s.client();
        client.send(get("/wait") + get("/hello"));
        REQUIRE(eventually([&] { return s.waiting == 1; }));
        client.send(get("/hello"));
        client.close();
    }
    CHECK(eventually([&] { return s.cancelled == 1; }));
    REQUIRE(s.logged(1));
    CHECK(s.lines()[0].status == 499);
    CHECK(s.lines()[0].route == "wait");
}

TEST_CASE("cancels a handler that is too late and answers 504, then goes on")
{
    auto config = test_server::defaults();
    config.request_timeout = 0ms;
    test_server s(config);
    auto client = s.client();
    auto const got = client.ask(get("/wait"));
    CHECK(got.status == 504);
    CHECK(s.cancelled == 1);
    CHECK(client.ask(get("/hello")).status == 200);
}

TEST_CASE("a defect in a handler costs its own connection only, and says nothing")
{
    test_server s;
    for (auto const* path : {"/fail", "/inject"}) {
        CAPTURE(path);
        auto client = s.client();
        auto const got = client.ask(get(path));
        CHECK(got.status == 500);
        CHECK(got.body.find("patient") == std::string::npos);
        CHECK_FALSE(got.has("set-cookie"));
    }
    CHECK(s.client().ask(get("/hello")).status == 200);
}

TEST_CASE("writes a large answer to a slow reader, and gives up on one that stalls")
{
    auto config = test_server::defaults();
    config.write_timeout = 1s;
    config.gzip_above = 0;
    test_server s(config);
    auto reader = s.client();
    CHECK(reader.ask(get("/huge")).body.size() == 64 << 20);
    auto stalled = s.client();
    stalled.send(get("/huge"));
    REQUIRE(s.logged(2));
    CHECK(s.lines()[1].status == 499);
    CHECK(stalled.read().status == 0);
}

TEST_CASE("tells one line per request, with names in place of values")
{
    test_server s;
    auto client = s.client();
    client.ask(get("/item/4711", "X-Request-Id: from-the_client.1\r\n"));
    client.ask(get("/soon", "X-Request-Id: no good\r\n"));
    client.ask(get("/nothing"));
    REQUIRE(s.logged(3));
    auto const lines = s.lines();
    CHECK(lines[0].id == "from-the_client.1");
    CHECK(lines[0].route == "item");
    CHECK(lines[0].method == "GET");
    CHECK(lines[0].status == 200);
    CHECK(lines[0].bytes_in == get("/item/4711", "X-Request-Id: from-the_client.1\r\n").size());
    CHECK(lines[0].bytes_out > 100);
    CHECK(lines[0].remote == "127.0.0.1");
    CHECK(lines[1].id.size() == 32);
    CHECK(lines[1].remarks == 1);
    CHECK(lines[2].route.empty());
    CHECK(lines[2].status == 404);
    CHECK(lines[2].remarks == 0);
}
