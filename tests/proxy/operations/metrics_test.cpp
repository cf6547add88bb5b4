#include "proxy/operations/metrics.hpp"

#include <doctest/doctest.h>

using namespace pons::proxy;

TEST_CASE("metrics count by route and status")
{
    operations::metrics metrics;
    auto const first = metrics.make_observer();
    auto const second = metrics.make_observer();
    http::request_record record{.method = http::verb::get, .route = "fhir.search", .status = 200};
    record.duration = std::chrono::milliseconds(3);
    first(record);
    second(record);
    record.status = 503;
    second(record);
    second({.status = 400});
    http::counters counts;
    counts.connections = 7;
    counts.refused = 2;
    auto const text = metrics.to_text(counts);
    for (auto const* line : {
             "pons_http_requests_total{route=\"fhir.search\",status=\"200\"} 2\n",
             "pons_http_requests_total{route=\"fhir.search\",status=\"503\"} 1\n",
             "pons_http_requests_total{route=\"-\",status=\"400\"} 1\n",
             "pons_http_request_duration_seconds_count{route=\"fhir.search\"} 3\n",
             "pons_http_request_duration_seconds_bucket{route=\"fhir.search\",le=\"0.005\"} 3\n",
             "pons_http_connections 7\n",
             "# TYPE pons_http_connections_refused_total counter\npons_http_connections_refused_total 2\n",
         }) {
        CAPTURE(line);
        CHECK(text.find(line) != std::string::npos);
    }
}
