#include "upstream/dicomweb/dicomweb_archive.hpp"

#include "tests/upstream/dicomweb/client.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

using namespace pons;
using namespace pons::test;
using upstream::errc;
namespace tags = mapping::tags;

TEST_CASE("asks as configured and hands over the rows")
{
    asio::io_context on;
    http_stub stub(on, [](http_request const&) { return json(studies(0, 2)); });
    auto source = source_at(stub.url());
    SUBCASE("without credentials") {}
    SUBCASE("basic")
    {
        source.credentials = {
            .kind = config::credentials_kind::basic, .user = "Aladdin", .password = "open sesame", .token = {}};
    }
    SUBCASE("bearer")
    {
        source.credentials = {.kind = config::credentials_kind::bearer, .user = {}, .password = {}, .token = "t0k"};
    }
    client c(on, source);
    collected rows;
    auto const found = c.find(rows);
    REQUIRE(found.has_value());
    CHECK(found->rows == 2);
    CHECK_FALSE(found->truncated);
    CHECK(found->issues.empty());
    REQUIRE(rows.rows.size() == 2);
    CHECK(rows.rows[1].text(tags::StudyInstanceUID) == "1.1");

    REQUIRE(stub.requests().size() == 1);
    auto const& head = stub.requests()[0].head;
    CHECK(stub.requests()[0].target == "/dicom-web/studies?includefield=StudyInstanceUID&limit=1000");
    CHECK(head.find("\r\nHost: 127.0.0.1:" + std::to_string(stub.port()) + "\r\n") != std::string::npos);
    CHECK(head.find("\r\nAccept: application/dicom+json\r\n") != std::string::npos);
    CHECK(head.find("\r\nAccept-Encoding: gzip\r\n") != std::string::npos);
    CHECK((head.find("\r\nAuthorization: ") != std::string::npos) ==
          (source.credentials.kind != config::credentials_kind::none));
    if (source.credentials.kind == config::credentials_kind::basic)
        CHECK(head.find("\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n") != std::string::npos);
    if (source.credentials.kind == config::credentials_kind::bearer)
        CHECK(head.find("\r\nAuthorization: Bearer t0k\r\n") != std::string::npos);
}

TEST_CASE("reads bodies however they are framed")
{
    auto const two = studies(0, 2);
    auto const chunked = [&](std::string const& body, std::string const& headers = {}) {
        std::string bytes = "HTTP/1.1 200 OK\r\n" + headers + "Transfer-Encoding: chunked\r\n\r\n";
        for (std::size_t at = 0; at < body.size(); at += 7) {
            auto const part = body.substr(at, 7);
            bytes += std::to_string(part.size()) + ";x=y\r\n" + part + "\r\n";
        }
        return bytes + "0\r\nTrailer: x\r\n\r\n";
    };
    auto const packed = gzip(two);
    auto const half = packed.size() / 2;
    struct {
        char const* name;
        http_reply reply;
        std::uint32_t rows;
    } const cases[] = {
        {"a length", json(two), 2},
        {"byte by byte", {.bytes = json(two).bytes, .piece = 1}, 2},
        {"chunked", {.bytes = chunked(two)}, 2},
        {"chunked, in pieces", {.bytes = chunked(two), .piece = 5}, 2},
        {"until the connection closes", {.bytes = "HTTP/1.1 200 OK\r\n\r\n" + two, .close = true}, 2},
        {"HTTP/1.0", {.bytes = "HTTP/1.0 200 OK\r\n\r\n" + two, .close = true}, 2},
        {"gzip", json(packed, "Content-Encoding: gzip\r\n"), 2},
        {"gzip, byte by byte", {.bytes = json(packed, "Content-Encoding: gzip\r\n").bytes, .piece = 1}, 2},
        {"gzip, chunked", {.bytes = chunked(packed, "Content-Encoding: x-gzip\r\n")}, 2},
        {"gzip in two members", json(gzip(two.substr(0, half)) + gzip(two.substr(half)), "Content-Encoding: gzip\r\n"),
         2},
        {"after interim answers",
         {.bytes = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + json(two).bytes},
         2},
        {"after an interim answer, in pieces",
         {.bytes = "HTTP/1.1 100 Continue\r\n\r\n" + json(two).bytes, .piece = 3},
         2},
        {"an empty list", json("[]"), 0},
        {"no body", json(""), 0},
        {"204", answer(204), 0},
        {"204, then closed", {.bytes = answer(204, {}, "Connection: close\r\n").bytes, .close = true}, 0},
        {"a byte order mark", json("\xEF\xBB\xBF" + two), 2},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        asio::io_context on;
        http_stub stub(on, [&](http_request const&) { return c.reply; });
        client one(on, source_at(stub.url()));
        auto const found = one.find();
        REQUIRE(found.has_value());
        CHECK(found->rows == c.rows);
        CHECK_FALSE(found->truncated);
        CHECK(one.budget->in_use() == 0);
    }
}

TEST_CASE("404 is no match where that is how the archive says so, else an error")
{
    for (bool const known : {false, true}) {
        CAPTURE(known);
        asio::io_context on;
        http_stub stub(on, [](http_request const&) { return answer(404, R"({"message": "none"})"); });
        auto source = source_at(stub.url());
        source.quirks.not_found_is_empty = known;
        client one(on, source);
        auto const found = one.find();
        REQUIRE(found.has_value() == known);
        if (known)
            CHECK(found->rows == 0);
        else
            CHECK(found.error().code == upstream::errc::refused);
    }
}

TEST_CASE("every way to fail has its own error, never an empty list")
{
    auto const two = studies(0, 2);
    auto const header = [](std::string const& lines) { return "HTTP/1.1 200 OK\r\n" + lines + "\r\n"; };
    std::string const zeros(1 << 20, ' ');
    struct {
        char const* name;
        http_reply reply;
        errc code;
        int retry_after = 0;
    } const cases[] = {
        {"401", answer(401), errc::unauthorized},
        {"403", answer(403), errc::unauthorized},
        {"413", answer(413), errc::too_broad},
        {"429", answer(429, {}, "Retry-After: 7\r\n"), errc::overloaded, 7},
        {"503", answer(503, {}, "Retry-After: 120\r\n"), errc::overloaded, 120},
        {"503 without a time", answer(503), errc::overloaded},
        {"503 with a date", answer(503, {}, "Retry-After: Fri, 31 Dec 2100 23:59:59 GMT\r\n"), errc::overloaded, 10},
        {"400", answer(400, "no"), errc::refused},
        {"404", answer(404), errc::refused},
        {"406", answer(406), errc::refused},
        {"500", answer(500, "<html>"), errc::refused},
        {"502", answer(502), errc::refused},
        {"a redirection", answer(302, {}, "Location: http://elsewhere/\r\n"), errc::refused},
        {"201", answer(201), errc::refused},
        {"JSON that is cut off", json(two.substr(0, two.size() - 1)), errc::malformed},
        {"a page for people", answer(200, "<html>", "Content-Type: text/html\r\n"), errc::malformed},
        {"an error report", json(R"({"error":"x"})"), errc::malformed},
        {"Latin-1", json("[{\"00081030\":{\"vr\":\"LO\",\"Value\":[\"M\xFC\"]}}]"), errc::malformed},
        {"no HTTP", {.bytes = "SSH-2.0-OpenSSH_9.2\r\n"}, errc::malformed},
        {"HTTP/2", {.bytes = "HTTP/2.0 200 OK\r\n\r\n"}, errc::malformed},
        {"another protocol", {.bytes = header("Upgrade: x\r\n").replace(9, 3, "101")}, errc::malformed},
        {"a bad length", {.bytes = header("Content-Length: -1\r\n")}, errc::malformed},
        {"two lengths", {.bytes = header("Content-Length: 1\r\nContent-Length: 2\r\n")}, errc::malformed},
        {"length and chunks",
         {.bytes = header("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n")},
         errc::malformed},
        {"an unknown transfer coding", {.bytes = header("Transfer-Encoding: gzip, chunked\r\n")}, errc::malformed},
        {"an unknown content coding", {.bytes = header("Content-Encoding: br\r\n")}, errc::malformed},
        {"a bad chunk", {.bytes = header("Transfer-Encoding: chunked\r\n") + "zz\r\n"}, errc::malformed},
        {"gzip that is none", json(two, "Content-Encoding: gzip\r\n"), errc::malformed},
        {"gzip that ends early", json(gzip(two).substr(0, 30), "Content-Encoding: gzip\r\n"), errc::malformed},
        {"too many interim answers",
         {.bytes =
              [] {
                  std::string all;
                  for (int i = 0; i < 40; ++i)
                      all += "HTTP/1.1 103 Early\r\n\r\n";
                  return all;
              }()},
         errc::malformed},
        {"a header without end", {.bytes = "HTTP/1.1 200 OK\r\nX: " + std::string(100000, 'x')}, errc::too_large},
        {"a length beyond the limit", {.bytes = header("Content-Length: 5000000000\r\n")}, errc::too_large},
        {"a body beyond the limit", {.bytes = header("") + zeros + zeros, .close = true}, errc::too_large},
        {"a bomb", json(gzip(std::string(50u << 20, ' ')), "Content-Encoding: gzip\r\n"), errc::too_large},
        {"closed in the header", {.bytes = "HTTP/1.1 200 OK\r\nContent", .close = true}, errc::aborted},
        {"closed in the body", {.bytes = header("Content-Length: 100\r\n") + "[", .close = true}, errc::aborted},
        {"closed in a chunk",
         {.bytes = header("Transfer-Encoding: chunked\r\n") + "9\r\n[", .close = true},
         errc::aborted},
        {"closed after the header, length unknown", {.bytes = header(""), .close = true}, errc::aborted},
        {"closed in gzip",
         {.bytes = header("Content-Encoding: gzip\r\n") + gzip(two).substr(0, 30), .close = true},
         errc::aborted},
        {"closed without a byte", {.bytes = {}, .close = true}, errc::aborted},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        asio::io_context on;
        http_stub stub(on, [&](http_request const&) { return c.reply; });
        auto source = source_at(stub.url());
        source.limits.max_answer = 1 << 20;
        client one(on, source);
        auto const found = one.find();
        REQUIRE_FALSE(found.has_value());
        CHECK(found.error().code == c.code);
        CHECK(found.error().retry_after.count() == c.retry_after);
        CHECK(found.error().where.starts_with("source web: "));
        CHECK(stub.requests().size() == 1);
        CHECK(one.budget->in_use() == 0);
    }
}

TEST_CASE("tells which of the deadlines passed")
{
    asio::io_context on;
    http_reply reply{.bytes = {}, .silent = true};
    http_stub stub(on, [&](http_request const&) { return reply; });
    auto source = source_at(stub.url());
    auto time = 20s + 0ms;
    char const* where = nullptr;
    SUBCASE("the first byte")
    {
        source.timeouts.first_response = 20ms;
        where = "source web: waiting for the answer";
    }
    SUBCASE("between two bytes")
    {
        reply.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n[";
        source.timeouts.between_responses = 20ms;
        where = "source web: waiting for the rest of the answer";
    }
    SUBCASE("the source's total")
    {
        source.timeouts.total = 20ms;
        where = "source web: waiting for the answer";
    }
    SUBCASE("the caller's")
    {
        time = 20ms;
        where = "source web: waiting for the answer";
    }
    client c(on, source);
    collected rows;
    auto const found = c.find(rows, all_studies(), time);
    REQUIRE_FALSE(found.has_value());
    CHECK(found.error().code == errc::timed_out);
    CHECK(found.error().where == where);
    while (stub.open() != 0)
        on.run_one();
}

TEST_CASE("says what is unreachable")
{
    asio::io_context on;
    SUBCASE("nothing listens")
    {
        tcp_acceptor taken(on, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        auto const port = taken.local_endpoint().port();
        taken.close();
        client c(on, source_at("http://127.0.0.1:" + std::to_string(port)));
        auto const found = c.find();
        REQUIRE_FALSE(found.has_value());
        CHECK(found.error().code == errc::unreachable);
        CHECK(found.error().where == "source web: TCP connection");
    }
    SUBCASE("nobody accepts")
    {
        // The one place of the queue is taken, so that the next connection gets no answer.
        tcp_acceptor full(on);
        full.open(tcp::v4());
        full.bind(tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        full.listen(0);
        std::vector<tcp_socket> taken;
        for (int i = 0; i < 4; ++i) {
            taken.emplace_back(on);
            taken.back().async_connect(full.local_endpoint(), [](boost::system::error_code) {});
        }
        on.poll();
        auto source = source_at("http://127.0.0.1:" + std::to_string(full.local_endpoint().port()));
        source.timeouts.connect = 50ms;
        client c(on, source);
        auto const found = c.find();
        REQUIRE_FALSE(found.has_value());
        CHECK(found.error().code == errc::timed_out);
        CHECK(found.error().where == "source web: TCP connection");
    }
    SUBCASE("no such name")
    {
        client c(on, source_at("http://no-such-host.invalid"));
        auto const found = c.find();
        REQUIRE_FALSE(found.has_value());
        CHECK(found.error().code == errc::unreachable);
        CHECK(found.error().where == "source web: the host name is not known");
    }
    SUBCASE("settings that cannot be")
    {
        auto source = source_at("http://127.0.0.1");
        source.credentials = {
            .kind = config::credentials_kind::bearer, .user = {}, .password = {}, .token = "a\r\nX: b"};
        client c(on, source);
        auto const found = c.find();
        REQUIRE_FALSE(found.has_value());
        CHECK(found.error().code == errc::unsupported);
    }
}

TEST_CASE("a find that is cancelled closes its connection")
{
    asio::io_context on;
    http_reply reply{.bytes = {}, .silent = true};
    SUBCASE("before the answer") {}
    SUBCASE("in the middle of it")
    {
        reply.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n[";
    }
    http_stub stub(on, [&](http_request const&) { return reply; });
    client c(on, source_at(stub.url()));
    collected rows;
    auto const request = all_studies();
    asio::cancellation_signal cancel;
    std::optional<result<upstream::found>> found;
    asio::co_spawn(on, c.archive->find(request, rows, clock::now() + 20s),
                   asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr e, result<upstream::found> got) {
                       CHECK_FALSE(e);
                       found.emplace(std::move(got));
                   }));
    while (stub.requests().empty())
        on.run_one();
    on.poll();
    CHECK_FALSE(found.has_value());
    cancel.emit(asio::cancellation_type::terminal);
    while (!found || stub.open() != 0)
        on.run_one();
    REQUIRE_FALSE(found->has_value());
    CHECK(found->error().code == errc::cancelled);
    CHECK(c.budget->in_use() == 0);
}

TEST_CASE("verifies by a search for one study")
{
    asio::io_context on;
    http_reply reply = json(studies(0, 1));
    http_stub stub(on, [&](http_request const&) { return reply; });
    client c(on, source_at(stub.url()));
    CHECK(run_on(on, c.archive->verify(clock::now() + 20s)).has_value());
    CHECK(stub.requests().at(0).target == "/dicom-web/studies?includefield=StudyInstanceUID&limit=1");
    reply = answer(204);
    CHECK(run_on(on, c.archive->verify(clock::now() + 20s)).has_value());
    reply = answer(401);
    CHECK(run_on(on, c.archive->verify(clock::now() + 20s)).error().code == errc::unauthorized);
    reply = json("<html>");
    CHECK(run_on(on, c.archive->verify(clock::now() + 20s)).error().code == errc::malformed);
}
