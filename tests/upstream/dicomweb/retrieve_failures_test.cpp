#include "tests/upstream/dicomweb/retrieving.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;
using upstream::errc;

TEST_CASE("every way to fail has its own error, and says what was not whole")
{
    auto const one = part(dicom_file("1.2.1"));
    auto const two = part(dicom_file("1.2.2"));
    auto const header = [](std::string const& lines) {
        return "HTTP/1.1 200 OK\r\nContent-Type: multipart/related; boundary=edge\r\n" + lines + "\r\n";
    };
    auto const cut = [&](std::string const& body, std::size_t by) {
        auto reply = multipart(body);
        reply.bytes.resize(reply.bytes.size() - by);
        reply.close = true;
        return reply;
    };
    struct {
        char const* name;
        http_reply reply;
        errc code;
        char const* came = "";
        int retry_after = 0;
    } const cases[] = {
        {"404", answer(404), errc::not_found},
        {"410", answer(410), errc::not_found},
        {"204", answer(204), errc::not_found},
        {"200 and nothing", answer(200), errc::not_found},
        {"200 and no parts", multipart(closing), errc::not_found},
        {"202", answer(202, {}, "Retry-After: 5\r\n"), errc::not_yet, "", 5},
        {"202 without a time", answer(202), errc::not_yet, "", 30},
        {"503", answer(503, {}, "Retry-After: 120\r\n"), errc::overloaded, "", 120},
        {"429", answer(429), errc::overloaded},
        {"401", answer(401), errc::unauthorized},
        {"413", answer(413), errc::too_broad},
        {"500", answer(500, "<html>"), errc::refused},
        {"a redirection", answer(302, {}, "Location: http://elsewhere/\r\n"), errc::refused},
        {"a page for people", answer(200, "<html>", "Content-Type: text/html\r\n"), errc::malformed},
        {"a page for people under another name", multipart("<html>" + std::string(100000, ' ')), errc::malformed},
        {"no boundary", answer(200, one, "Content-Type: multipart/related\r\n"), errc::malformed},
        {"a part that is a page", multipart(part("<html>", "Content-Type: text/html\r\n") + closing), errc::malformed},
        {"a part that is JSON", multipart(part("[]", "Content-Type: application/dicom+json\r\n") + closing),
         errc::malformed},
        {"a part that is no file", multipart(one + part(std::string(500, 'x')) + closing), errc::malformed, "1.2.1"},
        {"a part that ends too early", multipart(one + part(dicom_file("1.2.2").substr(0, 200)) + closing),
         errc::malformed, "1.2.1"},
        {"a part shorter than it says",
         multipart(one + part(dicom_file("1.2.2"), "Content-Length: 5000\r\n") + closing), errc::malformed,
         "1.2.1 (1.2.2)"},
        {"a part longer than it says", multipart(part(dicom_file("1.2.2"), "Content-Length: 5\r\n") + closing),
         errc::malformed, "(1.2.2)"},
        {"a boundary in the data",
         multipart(part(dicom_file("1.2.1", "x\r\n--edge\r\nContent-Type: application/dicom\r\n\r\nyyyy")) + closing),
         errc::malformed, "1.2.1"},
        {"a header without end", multipart("--edge\r\nX: " + std::string(100000, 'x')), errc::too_large},
        {"no closing delimiter", multipart(one + part(dicom_file("1.2.2"))), errc::aborted, "1.2.1 (1.2.2)"},
        {"no closing delimiter, closed", unframed(one, ""), errc::aborted, "(1.2.1)"},
        {"cut in the closing delimiter", cut(one + closing, 3), errc::aborted, "(1.2.1)"},
        {"cut in the data", cut(one + two + closing, closing.size() + 3), errc::aborted, "1.2.1 (1.2.2)"},
        {"cut in the meta information", cut(one + two + closing, two.size()), errc::aborted, "1.2.1"},
        {"a length that is too short",
         {.bytes = header("Content-Length: " + std::to_string(one.size() - 4) + "\r\n") + one},
         errc::aborted,
         "(1.2.1)"},
        {"cut in a chunk",
         {.bytes = header("Transfer-Encoding: chunked\r\n") + chunked(one, 9999).substr(0, one.size() + 2),
          .close = true},
         errc::aborted,
         "(1.2.1)"},
        {"a bad chunk",
         {.bytes = header("Transfer-Encoding: chunked\r\n") + chunked(one, 9999) + "zz\r\n", .close = true},
         errc::malformed,
         "(1.2.1)"},
        {"cut in gzip",
         {.bytes = header("Content-Encoding: gzip\r\n") + gzip(one + closing).substr(0, 60), .close = true},
         errc::aborted},
        {"gzip that is none", multipart(one + closing, "Content-Encoding: gzip\r\n"), errc::malformed},
        {"206", multipart(one + closing, {}, 206), errc::incomplete, "1.2.1"},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        asio::io_context on;
        http_stub stub(on, [&](http_request const&) { return c.reply; });
        client source(on, source_at(stub.url()));
        collected_parts parts;
        auto const all = retrieve(source, parts);
        REQUIRE_FALSE(all.has_value());
        CHECK(all.error().code == c.code);
        CHECK(all.error().retry_after.count() == c.retry_after);
        CHECK(all.error().where.starts_with("source web: "));
        CHECK(parts.uids() == c.came);
        CHECK(parts.faults.empty());
        CHECK(source.budget->in_use() == 0);
    }
}

TEST_CASE("all that was asked for came: what the server does after that does no harm")
{
    asio::io_context on;
    http_reply reply = multipart(part(dicom_file("1.2.1")) + closing);
    SUBCASE("an answer that never ends")
    {
        reply.bytes.replace(reply.bytes.find("Content-Length: ") + 16, 1, "9");
        reply.silent = true;
    }
    SUBCASE("chunks that break off")
    {
        reply = unframed(chunked(part(dicom_file("1.2.1")) + closing, 50), "Transfer-Encoding: chunked\r\n");
    }
    http_stub stub(on, [&](http_request const&) { return reply; });
    client source(on, source_at(stub.url()));
    collected_parts parts;
    CHECK(retrieve(source, parts).has_value());
    while (stub.open() != 0)
        on.run_one();
}

TEST_CASE("tells which of the deadlines of a retrieve passed")
{
    asio::io_context on;
    http_reply reply{.bytes = {}, .silent = true};
    http_stub stub(on, [&](http_request const&) { return reply; });
    auto settings = source_at(stub.url());
    auto time = 20s + 0ms;
    char const* came = "";
    auto const half = multipart(part(dicom_file("1.2.1")) + part(dicom_file("1.2.2")) + closing).bytes;
    SUBCASE("no first byte")
    {
        time = 20ms;
    }
    SUBCASE("a head, and no instance by the deadline")
    {
        reply.bytes = half.substr(0, half.find("--edge") + 10);
        time = 20ms;
    }
    SUBCASE("no progress")
    {
        reply.bytes = half.substr(0, half.size() - closing.size() - 4);
        settings.timeouts.between_responses = 20ms;
        came = "1.2.1 (1.2.2)";
    }
    SUBCASE("not for ever")
    {
        reply.bytes = half.substr(0, half.size() - closing.size() - 4);
        settings.timeouts.transfer = 20ms;
        came = "1.2.1 (1.2.2)";
    }
    client source(on, settings);
    collected_parts parts;
    auto const all = retrieve(source, parts, {"1.2", {}, {}}, time);
    REQUIRE_FALSE(all.has_value());
    CHECK(all.error().code == errc::timed_out);
    CHECK(parts.uids() == came);
    while (stub.open() != 0)
        on.run_one();
}
