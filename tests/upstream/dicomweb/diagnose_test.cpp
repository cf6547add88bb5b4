#include "tests/upstream/dicomweb/client.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;

namespace {

std::vector<upstream::stage> diagnose(asio::io_context& on, config::source const& source)
{
    return run_on(on, upstream::dicomweb::diagnose_dicomweb(source, clock::now() + 20s));
}

/// "name TCP -HTTP": what was looked at, with a minus where it failed.
std::string summary(std::vector<upstream::stage> const& stages)
{
    std::string all;
    for (auto const& s : stages)
        all.append(all.empty() ? "" : ", ").append(s.ok ? "" : "-").append(s.name);
    return all;
}

}  // namespace

TEST_CASE("a healthy source passes every stage")
{
    asio::io_context on;
    SUBCASE("plain")
    {
        http_stub stub(on, [](http_request const&) { return json(studies(0, 1)); });
        auto const stages = diagnose(on, source_at(stub.url("localhost")));
        CHECK(summary(stages) == "name, TCP, HTTP, QIDO find");
        for (auto const& s : stages) {
            CHECK_FALSE(s.text.empty());
            CHECK(s.advice.empty());
        }
    }
    SUBCASE("TLS")
    {
        certificate const cert("localhost");
        http_stub stub(
            on, [](http_request const&) { return json(studies(0, 1)); }, &cert);
        auto source = source_at(stub.url("localhost"));
        source.tls.ca_file = cert.cert_file;
        CHECK(summary(diagnose(on, source)) == "name, TCP, TLS, HTTP, QIDO find");
    }
}

TEST_CASE("the first stage that fails is the last, and says what to do")
{
    asio::io_context on;
    certificate const cert("localhost");
    http_reply reply;
    http_stub plain(on, [&](http_request const&) { return reply; });
    http_stub secure(
        on, [&](http_request const&) { return reply; }, &cert);
    tcp_acceptor closed(on, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    auto const free_port = std::to_string(closed.local_endpoint().port());
    closed.close();

    struct {
        std::string url;
        http_reply reply;
        char const* stages;
        char const* advice;
    } const cases[] = {
        {"nonsense", {}, "-settings", "configuration"},
        {"http://no-such-host.invalid", {}, "-name", "name servers"},
        {"http://127.0.0.1:" + free_port, {}, "name, -TCP", "web service runs"},
        {secure.url("localhost"), {}, "name, TCP, -TLS", "tls.ca_file"},
        {plain.url(), {.bytes = "what?\r\n\r\n", .close = true}, "name, TCP, -HTTP", "http or https"},
        {plain.url(), {.bytes = {}, .silent = true}, "name, TCP, -HTTP", "timeouts.first_response"},
        {plain.url(), answer(401), "name, TCP, HTTP, -QIDO find", "credentials"},
        {plain.url(), answer(404), "name, TCP, HTTP, -QIDO find", "before /studies"},
        {plain.url(), answer(406), "name, TCP, HTTP, -QIDO find", "application/json"},
        {plain.url(), answer(301), "name, TCP, HTTP, -QIDO find", "redirects"},
        {plain.url(), answer(503), "name, TCP, HTTP, -QIDO find", "limits.associations"},
        {plain.url(), answer(500), "name, TCP, HTTP, -QIDO find", "own log"},
        {plain.url(), json("<html>"), "name, TCP, HTTP, -QIDO find", "base of the DICOMweb service"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.url);
        CAPTURE(std::string(c.stages));
        reply = c.reply;
        auto source = source_at(c.url);
        source.timeouts.first_response = 100ms;
        auto const stages = diagnose(on, source);
        CHECK(summary(stages) == c.stages);
        CHECK(stages.back().advice.find(c.advice) != std::string::npos);
    }
}
