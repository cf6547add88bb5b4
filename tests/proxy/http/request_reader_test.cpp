#include "proxy/http/request_reader.hpp"

#include <doctest/doctest.h>

using namespace pons::proxy::http;
using state = request_reader::state;

namespace {

request_limits const small{.header = 400, .target = 100, .fields = 5, .body = 20};

/// What came of `bytes`, however they are cut.
struct outcome {
    state at;
    unsigned status;
    request req;
    std::size_t used;

    friend bool operator==(outcome const& a, outcome const& b)
    {
        return a.at == b.at && a.status == b.status && a.used == b.used && a.req.path == b.req.path &&
               a.req.body == b.req.body && a.req.headers == b.req.headers;
    }
};

outcome read(std::string_view bytes, std::size_t piece)
{
    request_reader reader(small);
    std::string pending;
    std::size_t used = 0;
    while (!bytes.empty() && reader.at() != state::complete && reader.at() != state::faulty) {
        pending += bytes.substr(0, piece);
        bytes.remove_prefix(std::min(piece, bytes.size()));
        auto const n = reader.put(pending);
        pending.erase(0, n);
        used += n;
    }
    return {reader.at(), reader.fault() ? static_cast<unsigned>(reader.fault()->status) : 0, reader.request(), used};
}

}  // namespace

TEST_CASE("a request is the same however its bytes are cut")
{
    std::string const requests[] = {
        "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
        "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\nT: u\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
    };
    for (auto const& bytes : requests) {
        CAPTURE(bytes);
        auto const whole = read(bytes, bytes.size());
        for (std::size_t piece = 1; piece < bytes.size(); ++piece)
            CHECK(read(bytes, piece) == whole);
    }
}

TEST_CASE("what follows a request is left for the next")
{
    std::string const first = "\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n";
    request_reader reader(small);
    CHECK(reader.put(first + "GET /b") == first.size());
    CHECK(reader.at() == state::complete);
    CHECK(reader.keep_alive());
    reader.reset();
    CHECK(reader.at() == state::empty);
    CHECK(reader.put("GET /b HTTP/1.0\r\n\r\n") == 19);
    CHECK(reader.request().path == "/b");
    CHECK_FALSE(reader.keep_alive());
    CHECK(reader.http_1_0());
}

TEST_CASE("every form of target")
{
    struct {
        char const* line;
        char const* path;
        char const* query;
    } const cases[] = {
        {"GET / HTTP/1.1", "/", ""},
        {"GET /a%20b?c=d|e&f=\"g\" HTTP/1.1", "/a%20b", "c=d|e&f=\"g\""},
        {"GET /a??b HTTP/1.1", "/a", "?b"},
        {"GET http://pons.example:80/a?b HTTP/1.1", "/a", "b"},
        {"GET HTTPS://pons.example?b HTTP/1.1", "/", "b"},
        {"OPTIONS * HTTP/1.1", "*", ""},
    };
    for (auto const& c : cases) {
        CAPTURE(c.line);
        auto const got = read(std::string(c.line) + "\r\nHost: x\r\n\r\n", 1000);
        CHECK(got.at == state::complete);
        CHECK(got.req.path == c.path);
        CHECK(got.req.query == c.query);
    }
}

TEST_CASE("fields of lists are joined, others keep to the first")
{
    auto const got = read("GET / HTTP/1.1\r\nhost: x\r\nPrefer: a\r\nX: 1\r\nPREFER: b\r\nX: 2\r\n\r\n", 1000);
    CHECK(got.req.header("prefer") == "a, b");
    CHECK(got.req.header("x") == "1");
    CHECK(got.req.header("Missing").empty());
}

TEST_CASE("requests that are refused")
{
    std::string const host = "Host: x\r\n";
    struct {
        char const* name;
        std::string bytes;
        unsigned status;
    } const cases[] = {
        {"no Host on 1.1", "GET / HTTP/1.1\r\n\r\n", 400},
        {"two Hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400},
        {"two Hosts on 1.0", "GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n", 400},
        {"a path in Host", "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", 400},
        {"a list in Host", "GET / HTTP/1.1\r\nHost: x, y\r\n\r\n", 400},
        {"unknown coding", "GET / HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n", 501},
        {"gzip, chunked", "GET / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
        {"chunked, identity", "GET / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked, identity\r\n\r\n", 501},
        {"coding twice",
         "GET / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"coding on 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"coding and length", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
         400},
        {"length and coding", "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
         400},
        {"two lengths", "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", 400},
        {"signed length", "POST / HTTP/1.1\r\n" + host + "Content-Length: +3\r\n\r\n", 400},
        {"fold", "GET / HTTP/1.1\r\n" + host + "A: b\r\n\tc\r\n\r\n", 400},
        {"fold at once", "GET / HTTP/1.1\r\n " + host + "\r\n", 400},
        {"space before the colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400},
        {"NUL in the target", std::string("GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n", 29), 400},
        {"DEL in the target", "GET /a\x7f HTTP/1.1\r\n" + host + "\r\n", 400},
        {"tab in the target", "GET /a\tb HTTP/1.1\r\n" + host + "\r\n", 400},
        {"fragment", "GET /a#b HTTP/1.1\r\n" + host + "\r\n", 400},
        {"NUL in a value", std::string("GET / HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n", 33), 400},
        {"relative target", "GET a HTTP/1.1\r\n" + host + "\r\n", 400},
        {"asterisk", "GET * HTTP/1.1\r\n" + host + "\r\n", 400},
        {"CONNECT", "CONNECT a:1 HTTP/1.1\r\n" + host + "\r\n", 400},
        {"user in an absolute target", "GET http://u@h/ HTTP/1.1\r\n" + host + "\r\n", 400},
        {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
        {"HTTP/0.9", "GET /\r\n\r\n", 400},
        {"line feed alone", "GET / HTTP/1.1\n", 400},
        {"TLS", "\x16\x03\x01\x02\n", 400},
        {"expectation", "POST / HTTP/1.1\r\n" + host + "Expect: tea\r\n\r\n", 417},
        {"target too long", "GET /" + std::string(100, 'a') + " HTTP/1.1\r\n" + host + "\r\n", 414},
        {"target without end", "GET /" + std::string(120, 'a'), 414},
        {"header too long", "GET / HTTP/1.1\r\n" + host + "A: " + std::string(400, 'a') + "\r\n\r\n", 431},
        {"header without end", "GET / HTTP/1.1\r\n" + host + "A: " + std::string(400, 'a'), 431},
        {"too many fields", "GET / HTTP/1.1\r\n" + host + "A:\r\nB:\r\nC:\r\nD:\r\nE:\r\n\r\n", 431},
        {"body too long", "POST / HTTP/1.1\r\n" + host + "Content-Length: 21\r\n\r\n", 413},
        {"chunk too long", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n15\r\n", 413},
        {"chunks too long",
         "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n14\r\n" + std::string(20, 'a') + "\r\n1\r\n",
         413},
        {"chunk size", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nx\r\n", 400},
        {"chunk header without end",
         "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(1100, 'a'), 400},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        for (std::size_t const piece : {std::size_t{1}, c.bytes.size()}) {
            auto const got = read(c.bytes, piece);
            CHECK(got.at == state::faulty);
            CHECK(got.status == c.status);
        }
    }
}

TEST_CASE("the path is known when the header is too large or too slow")
{
    auto const got = read("GET /fhir/x?y HTTP/1.1\r\nA: " + std::string(400, 'a'), 1000);
    CHECK(got.status == 431);
    CHECK(got.req.path == "/fhir/x");
}

TEST_CASE("smuggled trailers are not header fields")
{
    auto const got =
        read("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nAuthorization: x\r\nHost: y\r\n\r\n",
             1000);
    CHECK(got.at == state::complete);
    CHECK(got.req.header("Authorization").empty());
}
