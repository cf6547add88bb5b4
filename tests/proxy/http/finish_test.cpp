#include "proxy/http/finish.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace pons::proxy::http;

namespace {

std::string head_of(request const& req, response& answer)
{
    gzip_encoder gzip;
    std::string head;
    finish(req, answer, {.id = "r1", .date = "now", .gzip_above = 100, .gzip = &gzip}, head);
    return head;
}

bool has(std::string const& head, std::string_view line)
{
    return head.find("\r\n" + std::string(line) + "\r\n") != std::string::npos;
}

}  // namespace

TEST_CASE("the framing is ours whatever the handler says")
{
    response answer{.status = status::created, .content_type = "a/b", .body = "xyz"};
    answer.headers = {{"content-length", "9"}, {"Transfer-Encoding", "chunked"}, {"Connection", "upgrade"},
                      {"Location", "/x"},      {"Cache-Control", "private"},     {"vary", "Accept"}};
    CHECK(head_of({}, answer) ==
          "HTTP/1.1 201 Created\r\nServer: pons\r\nDate: now\r\nContent-Type: a/b\r\nContent-Length: 3\r\n"
          "X-Request-Id: r1\r\nX-Content-Type-Options: nosniff\r\nLocation: /x\r\nCache-Control: private\r\n"
          "vary: Accept\r\n\r\n");
}

TEST_CASE("304 is for GET and HEAD of what was found")
{
    struct {
        verb method;
        pons::proxy::http::status status;
        unsigned answered;
    } const cases[] = {
        {verb::get, status::ok, 304},
        {verb::head, status::ok, 304},
        {verb::post, status::ok, 200},
        {verb::get, status::not_found, 404},
        {verb::get, status::partial_content, 206},
    };
    for (auto const& c : cases) {
        CAPTURE(c.answered);
        request req{.method = c.method, .headers = {{"If-None-Match", "\"1\""}}};
        response answer{.status = c.status, .content_type = "a/b", .body = "x"};
        answer.headers = {{"ETag", "W/\"1\""}};
        auto const head = head_of(req, answer);
        CHECK(static_cast<unsigned>(answer.status) == c.answered);
        CHECK(has(head, "Content-Length: 1") == (c.answered != 304));
        CHECK(has(head, "ETag: W/\"1\""));
    }
}

TEST_CASE("a strong ETag becomes weak when the bytes change")
{
    request req{.headers = {{"Accept-Encoding", "gzip"}}};
    response answer{.content_type = "application/fhir+json; charset=utf-8", .body = std::string(101, 'a')};
    answer.headers = {{"ETag", "\"1\""}};
    auto const head = head_of(req, answer);
    CHECK(has(head, "Content-Encoding: gzip"));
    CHECK(has(head, "ETag: W/\"1\""));
}

TEST_CASE("what does not shrink is not compressed")
{
    struct {
        char const* type;
        std::size_t size;
        char const* encoding;
        bool gzip;
    } const cases[] = {
        {"application/json", 101, "", true},
        {"text/html", 101, "", true},
        {"application/fhir+xml", 101, "", true},
        {"application/json", 100, "", false},
        {"image/jpeg", 101, "", false},
        {"application/dicom", 101, "", false},
        {"", 101, "", false},
        {"text/plain", 101, "br", false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.type);
        request req{.headers = {{"accept-encoding", "gzip"}}};
        response answer{.content_type = c.type, .body = std::string(c.size, 'a')};
        if (*c.encoding != '\0')
            answer.headers.emplace_back("Content-Encoding", c.encoding);
        CHECK(has(head_of(req, answer), "Content-Encoding: gzip") == c.gzip);
        CHECK((answer.body.size() < c.size) == c.gzip);
    }
}

TEST_CASE("fields that would begin another field are not sent")
{
    for (header const& field : {header{"A", "b\r\nC: d"}, header{"A", "b\n"}, header{"A: b", "c"}, header{"", "b"}}) {
        response answer;
        answer.headers = {field};
        CHECK_THROWS_AS(head_of({}, answer), std::logic_error);
    }
}
