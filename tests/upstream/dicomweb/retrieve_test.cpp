#include "tests/upstream/collected_parts.hpp"
#include "tests/upstream/dicomweb/client.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

using namespace pons;
using namespace pons::test;
using upstream::errc;
using upstream::retrieve_request;
namespace tags = mapping::tags;

namespace {

std::string part(std::string const& bytes, std::string const& headers = "Content-Type: application/dicom\r\n")
{
    return "--edge\r\n" + headers + "\r\n" + bytes + "\r\n";
}

std::string const closing = "--edge--\r\n";

http_reply multipart(std::string const& body, std::string const& headers = {}, unsigned status = 200)
{
    return answer(status, body,
                  "Content-Type: multipart/related; type=\"application/dicom\"; boundary=edge\r\n" + headers);
}

http_reply unframed(std::string const& body, std::string const& headers)
{
    return {
        .bytes = "HTTP/1.1 200 OK\r\nContent-Type: multipart/related; boundary=\"edge\"\r\n" + headers + "\r\n" + body,
        .close = true};
}

std::string chunked(std::string const& body, std::size_t size)
{
    std::string all;
    char hex[20];
    for (std::size_t at = 0; at < body.size(); at += size) {
        auto const one = body.substr(at, size);
        std::snprintf(hex, sizeof hex, "%zx\r\n", one.size());
        all += hex + one + "\r\n";
    }
    return all;
}

result<upstream::retrieved> retrieve(client& c, upstream::part_sink& parts,
                                     retrieve_request const& request = {"1.2", {}, {}},
                                     std::chrono::milliseconds time = 20s)
{
    return run_on(c.on, c.archive->retrieve(request, parts, clock::now() + time));
}

}  // namespace

TEST_CASE("retrieves instances, however they are packed")
{
    std::string noise(200000, '\0');
    for (std::size_t i = 0; i < noise.size(); ++i)
        noise[i] = static_cast<char>(i * 2654435761u >> 13);
    auto const one = dicom_file("1.2.1", noise);
    auto const two = dicom_file("1.2.2", "the end\r\n--edge of it\r\n--edg", "1.2.840.10008.1.2");
    auto const both = part(one) + part(two) + closing;
    auto const chunks = "Transfer-Encoding: chunked\r\n";
    struct {
        char const* name;
        http_reply reply;
    } const cases[] = {
        {"a length", multipart(both)},
        {"in pieces", {.bytes = multipart(both).bytes, .piece = 1000}},
        {"in odd pieces", {.bytes = multipart(both).bytes, .piece = 777}},
        {"chunked", unframed(chunked(both, 5000) + "0\r\n\r\n", chunks)},
        {"small chunks", unframed(chunked(both, 13) + "0\r\nX: y\r\n\r\n", chunks)},
        {"until the connection closes", unframed(both, "")},
        {"gzip", multipart(gzip(both), "Content-Encoding: gzip\r\n")},
        {"gzip, chunked", unframed(chunked(gzip(both), 4000) + "0\r\n\r\n",
                                   "Content-Encoding: gzip\r\nTransfer-Encoding: "
                                   "chunked\r\n")},
        {"lengths of the parts",
         multipart(part(one, "Content-Length: " + std::to_string(one.size()) + "\r\n") +
                   part(two, "Content-Type: application/dicom;transfer-syntax=1.2\r\n") + closing)},
        {"parts without a header", multipart(part(one, "") + part(two, "") + closing)},
        {"something around", multipart("see below\r\n" + both + "that was it")},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        asio::io_context on;
        http_stub stub(on, [&](http_request const&) { return c.reply; });
        client source(on, source_at(stub.url()));
        collected_parts parts;
        auto const all = retrieve(source, parts);
        REQUIRE_MESSAGE(all.has_value(), all.error().where);
        CHECK(all->instances == 2);
        CHECK(all->issues.empty());
        CHECK(parts.faults.empty());
        CHECK(parts.uids() == "1.2.1 1.2.2");
        CHECK(parts.parts.at(0).bytes == one);
        CHECK(parts.parts.at(1).bytes == two);
        CHECK(parts.parts.at(1).head.transfer_syntax_uid == "1.2.840.10008.1.2");
        CHECK(parts.parts.at(1).head.data_set_offset == two.find("the end"));
        CHECK(source.budget->in_use() == 0);
    }
}

TEST_CASE("asks for a study, a series, an instance, as stored")
{
    struct {
        retrieve_request request;
        char const* target;  // null: it does not ask
    } const cases[] = {
        {{"1.2", {}, {}}, "/dicom-web/studies/1.2"},
        {{"1.2", "1.2.3", {}}, "/dicom-web/studies/1.2/series/1.2.3"},
        {{"1.2", "1.2.3", "1.2.3.4"}, "/dicom-web/studies/1.2/series/1.2.3/instances/1.2.3.4"},
        {{"1.2", {}, "1.2.3.4"}, nullptr},
        {{{}, {}, {}}, nullptr},
        {{"..", {}, {}}, nullptr},
        {{"1.2/series", {}, {}}, nullptr},
        {{"1.2 HTTP/1.0\r\nX: ", {}, {}}, nullptr},
    };
    for (auto const& c : cases) {
        CAPTURE(c.request.study_instance_uid);
        asio::io_context on;
        http_stub stub(on, [&](http_request const&) { return multipart(part(dicom_file("1.2.3.4")) + closing); });
        auto settings = source_at(stub.url());
        settings.credentials = {.kind = config::credentials_kind::bearer, .user = {}, .password = {}, .token = "t0k"};
        client source(on, settings);
        collected_parts parts;
        auto const all = retrieve(source, parts, c.request);
        REQUIRE(all.has_value() == (c.target != nullptr));
        if (!all) {
            CHECK(all.error().code == errc::not_found);
            CHECK(stub.requests().empty());
            continue;
        }
        REQUIRE(stub.requests().size() == 1);
        auto const& asked = stub.requests()[0];
        CHECK(asked.target == c.target);
        CHECK(asked.head.find("\r\nAccept: multipart/related; type=\"application/dicom\"; transfer-syntax=*\r\n") !=
              std::string::npos);
        CHECK(asked.head.find("\r\nAccept-Encoding: identity\r\n") != std::string::npos);
        CHECK(asked.head.find("\r\nAuthorization: Bearer t0k\r\n") != std::string::npos);
    }
}

TEST_CASE("a server that gives one instance without any packing")
{
    auto const file = dicom_file("1.2.3", std::string(100000, 'x'));
    asio::io_context on;
    http_reply reply = answer(200, file, "Content-Type: application/dicom\r\n");
    bool whole = true;
    SUBCASE("whole") {}
    SUBCASE("in pieces")
    {
        reply.piece = 50;
    }
    SUBCASE("cut")
    {
        reply.bytes.resize(reply.bytes.size() - 1);
        reply.close = true;
        whole = false;
    }
    http_stub stub(on, [&](http_request const&) { return reply; });
    client source(on, source_at(stub.url()));
    collected_parts parts;
    auto const all = retrieve(source, parts, {"1.2", "1.2", "1.2.3"});
    CHECK(all.has_value() == whole);
    CHECK(parts.uids() == (whole ? "1.2.3" : "(1.2.3)"));
    if (whole)
        CHECK(parts.parts.at(0).bytes == file);
    else
        CHECK(all.error().code == errc::aborted);
}

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

TEST_CASE("learns how a server wants to be asked")
{
    asio::io_context on;
    std::string taken = "type=application/dicom; transfer-syntax=*\r\n";
    unsigned refusal = 406;
    bool as_stored = true;
    std::size_t first_time = 2;
    SUBCASE("unquoted") {}
    SUBCASE("unquoted, with 400")
    {
        refusal = 400;
    }
    SUBCASE("without a transfer syntax")
    {
        taken = "type=\"application/dicom\"\r\n";
        as_stored = false;
        first_time = 3;
    }
    SUBCASE("single part")
    {
        taken = "Accept: application/dicom; transfer-syntax=*\r\n";
        first_time = 5;
    }
    http_stub stub(on, [&](http_request const& asked) {
        if (asked.head.find(taken) == std::string::npos)
            return answer(refusal, "no");
        return multipart(part(dicom_file("1.2.1")) + closing);
    });
    client source(on, source_at(stub.url()));
    for (int i = 0; i < 2; ++i) {
        collected_parts parts;
        auto const all = retrieve(source, parts);
        REQUIRE(all.has_value());
        CHECK(all->issues.empty() == as_stored);
    }
    CHECK(stub.requests().size() == first_time + 1);
    CHECK(stub.connections() == 1);

    taken = "nothing";
    collected_parts parts;
    CHECK(retrieve(source, parts).error().code == errc::refused);
    CHECK(stub.requests().size() == first_time + 2);
}

TEST_CASE("tells the first refusal where a server takes no way of asking")
{
    asio::io_context on;
    http_stub stub(on, [](http_request const&) { return answer(400, "no"); });
    client source(on, source_at(stub.url()));
    collected_parts parts;
    auto const all = retrieve(source, parts);
    REQUIRE_FALSE(all.has_value());
    CHECK(all.error().code == errc::refused);
    CHECK(all.error().where == "source web: HTTP status 400");
    CHECK(stub.requests().size() == 5);
}

TEST_CASE("uses the connection again, unless something is left on it")
{
    asio::io_context on;
    auto const body = part(dicom_file("1.2.1")) + closing;
    http_reply reply = multipart(body);
    unsigned expected = 1;
    SUBCASE("a length") {}
    SUBCASE("chunked")
    {
        reply = unframed(chunked(body, 50) + "0\r\n\r\n", "Transfer-Encoding: chunked\r\n");
        reply.close = false;
    }
    SUBCASE("an epilogue")
    {
        reply = multipart(body + std::string(1000, ' '));
    }
    SUBCASE("closed by the server")
    {
        reply = unframed(body, "");
        expected = 2;
    }
    http_stub stub(on, [&](http_request const&) { return reply; });
    client source(on, source_at(stub.url()));
    for (int i = 0; i < 2; ++i) {
        collected_parts parts;
        CHECK(retrieve(source, parts).has_value());
    }
    CHECK(stub.connections() == expected);
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

TEST_CASE("reads no further than the receiver takes")
{
    asio::io_context on;
    auto const file = dicom_file("1.2.1", std::string(40u << 20, 'x'));
    http_stub stub(on, [&](http_request const&) { return multipart(part(file) + closing); });
    client source(on, source_at(stub.url()));

    /// Waits at every write until the test lets it go on.
    struct slow final : upstream::part_sink {
        steady_timer gate;
        std::size_t bytes = 0;
        std::size_t largest = 0;
        unsigned ended = 0;
        explicit slow(asio::io_context& on_) : gate(on_.get_executor(), time_point::max()) {}
        awaitable<result<void>> begin(upstream::part_head const&) override { co_return result<void>(); }
        awaitable<result<void>> write(std::span<std::byte const> piece) override
        {
            bytes += piece.size();
            largest = std::max(largest, piece.size());
            co_await gate.async_wait(as_tuple);
            co_return result<void>();
        }
        awaitable<result<void>> end() override
        {
            ++ended;
            co_return result<void>();
        }
    } parts(on);
    std::optional<result<upstream::retrieved>> all;
    retrieve_request const request{"1.2", {}, {}};
    asio::co_spawn(on, source.archive->retrieve(request, parts, clock::now() + 20s),
                   [&](std::exception_ptr, result<upstream::retrieved> got) { all.emplace(std::move(got)); });
    while (parts.bytes == 0)
        on.run_one();
    auto const first = parts.bytes;
    on.poll();
    CHECK(parts.bytes == first);
    CHECK(parts.largest <= 128 * 1024);
    parts.gate.expires_at(time_point::min());
    while (!all)
        on.run_one();
    CHECK(all->has_value());
    CHECK(parts.bytes == file.size());
    CHECK(parts.ended == 1);
    CHECK(parts.largest <= 128 * 1024);
}

TEST_CASE("a receiver that has enough ends the retrieve, with its own error")
{
    asio::io_context on;
    http_stub stub(on, [&](http_request const&) {
        return http_reply{.bytes = multipart(part(dicom_file("1.2.1", std::string(1 << 20, 'x')))).bytes,
                          .silent = true};
    });
    client source(on, source_at(stub.url()));
    collected_parts parts;
    SUBCASE("at the beginning")
    {
        parts.on_begin = [] { return fail(errc::cancelled, "the client"); };
    }
    SUBCASE("in the middle")
    {
        parts.on_write = [&] {
            return parts.parts.back().bytes.size() < 100000 ? result<void>() : fail(errc::cancelled, "the client");
        };
    }
    auto const all = retrieve(source, parts);
    REQUIRE_FALSE(all.has_value());
    CHECK(all.error().code == errc::cancelled);
    CHECK(all.error().where == "the client");
    while (stub.open() != 0)
        on.run_one();
    CHECK(source.budget->in_use() == 0);
}

TEST_CASE("a retrieve that is cancelled closes its connection")
{
    asio::io_context on;
    http_reply reply{.bytes = {}, .silent = true};
    SUBCASE("before the answer") {}
    SUBCASE("in the middle of an instance")
    {
        reply.bytes = multipart(part(dicom_file("1.2.1", std::string(1000, 'x')))).bytes;
        reply.bytes.resize(reply.bytes.size() - 10);
    }
    http_stub stub(on, [&](http_request const&) { return reply; });
    client source(on, source_at(stub.url()));
    collected_parts parts;
    retrieve_request const request{"1.2", {}, {}};
    asio::cancellation_signal cancel;
    std::optional<result<upstream::retrieved>> all;
    asio::co_spawn(
        on, source.archive->retrieve(request, parts, clock::now() + 20s),
        asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr e, result<upstream::retrieved> got) {
            CHECK_FALSE(e);
            all.emplace(std::move(got));
        }));
    while (stub.requests().empty())
        on.run_one();
    on.poll();
    CHECK_FALSE(all.has_value());
    CHECK(source.budget->in_use() == 1);
    cancel.emit(asio::cancellation_type::terminal);
    while (!all || stub.open() != 0)
        on.run_one();
    REQUIRE_FALSE(all->has_value());
    CHECK(all->error().code == errc::cancelled);
    CHECK(source.budget->in_use() == 0);
}
