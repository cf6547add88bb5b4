#include "tests/upstream/dicomweb/retrieving.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;
using upstream::errc;
using upstream::retrieve_request;

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
