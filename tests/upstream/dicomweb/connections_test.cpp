#include "tests/upstream/dicomweb/client.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;
using upstream::errc;

TEST_CASE("uses a connection again, until the server does not want to")
{
    asio::io_context on;
    unsigned expected = 1;
    http_reply reply = json(studies(0, 1));
    SUBCASE("kept alive") {}
    SUBCASE("Connection: close")
    {
        reply = json(studies(0, 1), "Connection: close\r\n");
        expected = 3;
    }
    SUBCASE("HTTP/1.0")
    {
        reply.bytes.replace(7, 1, "0");
        expected = 3;
    }
    SUBCASE("bytes behind the answer")
    {
        reply.bytes += "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]";
        expected = 3;
    }
    http_stub stub(on, [&](http_request const&) { return reply; });
    client c(on, source_at(stub.url()));
    for (int i = 0; i < 3; ++i) {
        auto const found = c.find();
        REQUIRE(found.has_value());
        CHECK(found->rows == 1);
    }
    CHECK(stub.requests().size() == 3);
    CHECK(stub.connections() == expected);
}

TEST_CASE("replaces a connection that died while it was idle, once")
{
    asio::io_context on;
    bool close_at_once = false;
    http_stub stub(on, [&](http_request const&) {
        return close_at_once ? http_reply{.bytes = {}, .close = true} : json(studies(0, 1));
    });
    client c(on, source_at(stub.url()));
    CHECK(c.find().has_value());
    SUBCASE("closed by the server meanwhile")
    {
        stub.close_all();
        on.poll();
        CHECK(c.find().has_value());
        CHECK(stub.connections() == 2);
    }
    SUBCASE("closed instead of an answer, twice")
    {
        close_at_once = true;
        auto const found = c.find();
        REQUIRE_FALSE(found.has_value());
        CHECK(found.error().code == errc::aborted);
        CHECK(stub.requests().size() == 3);
        CHECK(stub.connections() == 2);
    }
}

TEST_CASE("closes an idle connection after its time")
{
    asio::io_context on;
    http_stub stub(on, [](http_request const&) { return json(studies(0, 1)); });
    auto source = source_at(stub.url());
    source.timeouts.idle = 20ms;
    client c(on, source);
    CHECK(c.find().has_value());
    CHECK(stub.open() == 1);
    while (stub.open() != 0)
        on.run_one();
    CHECK(c.find().has_value());
    CHECK(stub.connections() == 2);
}

TEST_CASE("uses no more connections than the source allows, whatever is asked at once")
{
    asio::io_context on;
    http_stub stub(on, [](http_request const&) { return http_reply{.bytes = json(studies(0, 1)).bytes, .piece = 20}; });
    auto source = source_at(stub.url());
    source.limits.associations = 3;
    client c(on, source);
    constexpr int many = 20;
    std::vector<collected> rows(many);
    int good = 0;
    int ended = 0;
    auto const request = all_studies();
    for (auto& one : rows)
        asio::co_spawn(on, c.archive->find(request, one, clock::now() + 20s),
                       [&](std::exception_ptr, result<upstream::found> found) {
                           good += found.has_value();
                           ++ended;
                       });
    while (ended < many)
        on.run_one();
    CHECK(good == many);
    CHECK(stub.connections() <= 3);
    CHECK(stub.requests().size() == many);
}

TEST_CASE("an archive that goes while nothing runs leaves no connection")
{
    asio::io_context on;
    http_stub stub(on, [](http_request const&) { return json(studies(0, 1)); });
    {
        client c(on, source_at(stub.url()));
        CHECK(c.find().has_value());
    }
    while (stub.open() != 0)
        on.run_one();
    CHECK(stub.connections() == 1);
}

TEST_CASE("a context that goes in the middle of a find takes it along")
{
    asio::io_context outer;
    auto const budget = std::make_shared<upstream::budget>("web", config::limits());
    auto source = source_at("");
    collected rows;
    auto const request = all_studies();
    {
        asio::io_context on;
        http_stub stub(on, [](http_request const&) { return http_reply{.bytes = {}, .silent = true}; });
        source.url = stub.url();
        auto const archive = upstream::dicomweb::make_dicomweb_archive(source, budget);
        asio::co_spawn(on, archive->find(request, rows, clock::now() + 20s),
                       [](std::exception_ptr, result<upstream::found> const&) { FAIL("ended"); });
        while (stub.requests().empty())
            on.run_one();
        CHECK(budget->in_use() == 1);
    }
    CHECK(budget->in_use() == 0);
}
