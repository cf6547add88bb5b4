#include "tests/upstream/collected_bulk.hpp"
#include "tests/upstream/dicomweb/client.hpp"
#include "upstream/dicomweb/wado_target.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;
using upstream::errc;

namespace {

constexpr auto place = "54000100/1/54001010";

std::string metadata_with(std::string const& member)
{
    return R"([{"00080018":{"vr":"UI","Value":["1.2.1.1"]},"54000100":{"vr":"SQ","Value":[{"54001010":{"vr":"OW",)" +
           member + R"(}}]}}])";
}

std::string at(std::string const& uri)
{
    return metadata_with(R"("BulkDataURI":")" + uri + "\"");
}

result<void> bulk(client& c, collected_bulk& value, std::string const& where = place)
{
    return run_on(c.on, c.archive->retrieve_bulk({"1.2", "1.2.1", "1.2.1.1"}, where, value, clock::now() + 20s));
}

http_reply parts(std::string const& content, bool closed = true)
{
    return answer(200,
                  "--b\r\nContent-Type: application/octet-stream\r\n\r\n" + content + (closed ? "\r\n--b--\r\n" : ""),
                  "Content-Type: multipart/related; type=\"application/octet-stream\"; boundary=b\r\n");
}

}  // namespace

TEST_CASE("only what is below the source's own URL is ever asked for")
{
    config::source source;
    source.name = "web";
    source.url = "https://Archive.example.org/dicom-web";
    struct {
        char const* uri;
        char const* target;
    } const cases[] = {
        {"https://archive.example.org/dicom-web/studies/1/bulk/2", "/dicom-web/studies/1/bulk/2"},
        {"https://archive.example.org:443/dicom-web/bulk/2", "/dicom-web/bulk/2"},
        {"https://archive.example.org/dicom-web/bulk?a=b%20c&d", "/dicom-web/bulk?a=b%20c&d"},
        {"/dicom-web/bulk/2", "/dicom-web/bulk/2"},
        {"http://archive.example.org/dicom-web/bulk/2", nullptr},
        {"https://archive.example.org:8443/dicom-web/bulk/2", nullptr},
        {"https://elsewhere.example.org/dicom-web/bulk/2", nullptr},
        {"https://archive.example.org.evil.example/dicom-web/bulk", nullptr},
        {"https://user@archive.example.org/dicom-web/bulk/2", nullptr},
        {"//elsewhere.example.org/dicom-web/bulk/2", nullptr},
        {"https://archive.example.org/admin", nullptr},
        {"https://archive.example.org/dicom-webx/bulk", nullptr},
        {"https://archive.example.org/dicom-web", nullptr},
        {"https://archive.example.org/dicom-web/", nullptr},
        {"https://archive.example.org/dicom-web/../admin", nullptr},
        {"https://archive.example.org/dicom-web/%2e%2E/admin", nullptr},
        {"https://archive.example.org/dicom-web/a%2F..%2F..%2Fadmin", nullptr},
        {"https://archive.example.org/dicom-web/..%5cadmin", nullptr},
        {"https://archive.example.org/dicom-web/a#b", nullptr},
        {"https://archive.example.org/dicom-web/a\r\nHost: x", nullptr},
        {"/admin", nullptr},
        {"bulk/2", nullptr},
        {"../bulk/2", nullptr},
        {"file:///etc/passwd", nullptr},
        {"", nullptr},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.uri));
        auto const target = upstream::dicomweb::bulk_target(source, c.uri);
        CHECK(target.has_value() == (c.target != nullptr));
        if (target && c.target)
            CHECK(*target == c.target);
    }
}

TEST_CASE("a value is fetched from where the metadata of its instance says")
{
    asio::io_context on;
    std::string uri;
    http_reply reply = parts("wave\r\n--form");
    http_stub stub(
        on, [&](http_request const& request) { return request.target.ends_with("/metadata") ? json(at(uri)) : reply; });
    uri = stub.url() + "/studies/1.2/bulk/7";
    SUBCASE("in a part") {}
    SUBCASE("in a part, byte by byte")
    {
        reply.piece = 1;
    }
    SUBCASE("bare")
    {
        reply = answer(200, "wave\r\n--form", "Content-Type: application/octet-stream\r\n");
    }
    SUBCASE("by a path")
    {
        uri = "/dicom-web/studies/1.2/bulk/7";
    }
    client c(on, source_at(stub.url()));
    collected_bulk value;
    auto const done = bulk(c, value);
    REQUIRE_MESSAGE(done.has_value(), done.error().where);
    CHECK(value.bytes == "wave\r\n--form");
    CHECK(value.begun == 1);
    CHECK(stub.requests().at(0).target == "/dicom-web/studies/1.2/series/1.2.1/instances/1.2.1.1/metadata");
    CHECK(stub.requests().at(1).target == "/dicom-web/studies/1.2/bulk/7");
    CHECK(c.budget->in_use() == 0);
}

TEST_CASE("of metadata of several instances that of the one is taken")
{
    asio::io_context on;
    std::string all;
    http_stub stub(on, [&](http_request const&) { return json(all); });
    client c(on, source_at(stub.url()));
    auto const of = [](std::string const& uid, std::string const& value) {
        return R"({"00080018":{"vr":"UI","Value":[")" + uid + R"("]},"54000100":{"vr":"SQ","Value":[)" +
               R"({"54001010":{"vr":"OW","InlineBinary":")" + value + R"("}}]}})";
    };
    all = "[" + of("1.2.1.1", "d2F2ZQ==") + "," + of("1.2.1.2", "b3RoZXI=") + "]";
    collected_bulk value;
    REQUIRE(bulk(c, value).has_value());
    CHECK(value.bytes == "wave");
    all = "[" + of("1.2.1.2", "b3RoZXI=") + "]";
    collected_bulk none;
    auto const done = bulk(c, none);
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().code == errc::not_found);
    CHECK(none.bytes.empty());
}

TEST_CASE("a value that stands in the metadata needs no request of its own")
{
    asio::io_context on;
    http_stub stub(on, [&](http_request const&) { return json(metadata_with(R"("InlineBinary":"d2F2ZQ==")")); });
    client c(on, source_at(stub.url()));
    collected_bulk value;
    REQUIRE(bulk(c, value).has_value());
    CHECK(value.bytes == "wave");
    CHECK(stub.requests().size() == 1);
}

TEST_CASE("a server that does not like the way to ask is asked in another")
{
    asio::io_context on;
    std::string uri;
    http_stub stub(on, [&](http_request const& request) {
        if (request.target.ends_with("/metadata"))
            return json(at(uri));
        bool const any = request.head.find("Accept: */*") != std::string::npos;
        return any ? answer(200, "wave", "Content-Type: application/octet-stream\r\n") : answer(406);
    });
    uri = stub.url() + "/bulk/7";
    client c(on, source_at(stub.url()));
    collected_bulk value;
    REQUIRE(bulk(c, value).has_value());
    CHECK(value.bytes == "wave");
    CHECK(stub.requests().size() == 4);
}

TEST_CASE("every way to have no value has its own error, and nobody else is asked")
{
    auto const cut_off = [] {
        auto reply = answer(200, "half", "Content-Type: application/octet-stream\r\n");
        reply.bytes.resize(reply.bytes.size() - 1);
        reply.close = true;
        return reply;
    };
    struct {
        char const* name;
        char const* uri;  ///< behind the stub's own when it begins with a slash
        http_reply reply;
        errc code;
        char const* where = place;
    } const cases[] = {
        {"elsewhere", "http://elsewhere.example.org/dicom-web/bulk", answer(200, "x"), errc::unsupported},
        {"relative", "bulk/7", answer(200, "x"), errc::unsupported},
        {"another place", "/bulk/7", answer(200, "x"), errc::not_found, "54000100/2/54001010"},
        {"pixel data", "/bulk/7", answer(200, "x"), errc::unsupported, "7FE00010"},
        {"404", "/bulk/7", answer(404), errc::unsupported},
        {"500", "/bulk/7", answer(500), errc::unsupported},
        {"503", "/bulk/7", answer(503), errc::overloaded},
        {"a redirection", "/bulk/7", answer(302, {}, "Location: http://elsewhere.example.org/\r\n"), errc::unsupported},
        {"206", "/bulk/7", answer(206, "x", "Content-Type: application/octet-stream\r\n"), errc::unsupported},
        {"a page to log in", "/bulk/7", answer(200, "x", "Content-Type: text/html\r\n"), errc::unsupported},
        {"a report", "/bulk/7", answer(200, "{}", "Content-Type: application/json; charset=utf-8\r\n"),
         errc::unsupported},
        {"metadata", "/bulk/7", answer(200, "[]", "Content-Type: application/dicom+json\r\n"), errc::unsupported},
        {"cut off", "/bulk/7", cut_off(), errc::aborted},
        {"a part without its end", "/bulk/7", parts("half", false), errc::aborted},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        asio::io_context on;
        std::string uri;
        http_stub stub(on, [&](http_request const& request) {
            return request.target.ends_with("/metadata") ? json(at(uri)) : c.reply;
        });
        uri = c.uri[0] == '/' ? stub.url() + c.uri : c.uri;
        client source(on, source_at(stub.url()));
        collected_bulk value;
        auto const done = bulk(source, value, c.where);
        REQUIRE_FALSE(done.has_value());
        CHECK(done.error().code == c.code);
        CHECK(done.error().where.find("http") == std::string::npos);
        CHECK(source.budget->in_use() == 0);
    }
}
