#include "proxy/operations/routes.hpp"

#include "proxy/http/server.hpp"
#include "tests/proxy/http/raw_client.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::proxy;

namespace {

awaitable<result<void>> always()
{
    co_return result<void>{};
}

}  // namespace

TEST_CASE("the operations' paths, over HTTP")
{
    operations::metrics metrics;
    config::http config;
    config.listen = {.host = "localhost", .port = 0};
    http::server* serving = nullptr;
    http::server server(config, [&](executor on) {
        std::vector<operations::health_check> checks;
        checks.push_back({"main-pacs", [](time_point) { return always(); }});
        auto const health = std::make_shared<operations::health>(on, std::move(checks));
        http::site site;
        site.routes = http::router(operations::make_routes(health, metrics, serving->counts()));
        site.on_request = metrics.make_observer();
        return site;
    });
    serving = &server;
    REQUIRE(server.start());
    test::raw_client client(server.endpoint().port());

    CHECK(client.ask(test::get("/livez")).body == "ok\n");
    CHECK(client.ask(test::get("/readyz")).body == "{\"status\":\"ready\",\"sources\":{\"main-pacs\":\"ok\"}}\n");

    auto const page = client.ask(test::get("/"));
    CHECK(page.field("content-type") == "text/html; charset=utf-8");
    auto const policy = page.field("content-security-policy");
    CHECK(policy.find("default-src 'none'; script-src 'sha256-") == 0);
    CHECK(policy.find("unsafe") == std::string::npos);
    CHECK(page.body.find("action=\"fhir/ImagingStudy\"") != std::string::npos);
    CHECK(page.body.find("src=") == std::string::npos);

    auto const scraped = client.ask(test::get("/metrics"));
    CHECK(scraped.field("content-type").starts_with("text/plain; version=0.0.4"));
    CHECK(scraped.body.find("pons_http_requests_total{route=\"home\",status=\"200\"} 1\n") != std::string::npos);
    CHECK(scraped.body.find("pons_http_connections 1\n") != std::string::npos);
}
