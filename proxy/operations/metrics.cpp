#include "proxy/operations/metrics.hpp"

#include "proxy/operations/log.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <utility>
#include <vector>

namespace pons::proxy::operations {

namespace {

/// Seconds: a live search takes between a millisecond and the request deadline.
prometheus::Histogram::BucketBoundaries const buckets{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                      0.5,   1,      2.5,   5,    10,    30,   60};

struct counter_elsewhere {
    std::string name;
    std::string help;
    std::function<std::uint64_t()> read;
};

prometheus::MetricFamily to_family(std::string name, std::string help, prometheus::MetricType type, double value)
{
    prometheus::ClientMetric metric;
    metric.gauge.value = value;
    metric.counter.value = value;
    prometheus::MetricFamily family;
    family.name = std::move(name);
    family.help = std::move(help);
    family.type = type;
    family.metric.push_back(std::move(metric));
    return family;
}

}  // namespace

struct metrics::families {
    prometheus::Registry registry;
    prometheus::Family<prometheus::Counter>& requests = prometheus::BuildCounter()
                                                            .Name("pons_http_requests_total")
                                                            .Help("Requests answered, by route and status.")
                                                            .Register(registry);
    prometheus::Family<prometheus::Histogram>& durations =
        prometheus::BuildHistogram()
            .Name("pons_http_request_duration_seconds")
            .Help("From the first byte of a request to the last of its answer, by route.")
            .Register(registry);
    std::vector<counter_elsewhere> elsewhere;
};

metrics::metrics() : families_(std::make_shared<families>()) {}
metrics::~metrics() = default;

std::function<void(http::request_record const&)> metrics::make_observer()
{
    struct known {
        prometheus::Histogram* durations = nullptr;
        std::map<unsigned, prometheus::Counter*> requests;  // by status
    };
    auto cache = std::make_shared<std::map<std::string, known, std::less<>>>();
    return [families = families_, cache](http::request_record const& record) {
        auto const route = record.route.empty() ? std::string_view("-") : record.route;
        auto at = cache->find(route);
        if (at == cache->end()) {
            at = cache->emplace(route, known{}).first;
            at->second.durations = &families->durations.Add({{"route", at->first}}, buckets);
        }
        auto& counter = at->second.requests[record.status];
        if (counter == nullptr)
            counter = &families->requests.Add({{"route", at->first}, {"status", std::to_string(record.status)}});
        counter->Increment();
        at->second.durations->Observe(std::chrono::duration<double>(record.duration).count());
    };
}

void metrics::add_counter(std::string name, std::string help, std::function<std::uint64_t()> read)
{
    families_->elsewhere.push_back({std::move(name), std::move(help), std::move(read)});
}

std::string metrics::to_text(http::counters const& counts) const
{
    using prometheus::MetricType;
    auto all = families_->registry.Collect();
    auto const add = [&](char const* name, char const* help, MetricType type, std::uint64_t value) {
        all.push_back(to_family(name, help, type, static_cast<double>(value)));
    };
    add("pons_http_connections", "Connections that are open.", MetricType::Gauge, counts.connections);
    add("pons_http_requests_in_flight", "Requests being answered.", MetricType::Gauge, counts.requests);
    add("pons_http_connections_accepted_total", "Connections accepted.", MetricType::Counter, counts.accepted);
    add("pons_http_connections_refused_total", "Connections beyond the limit.", MetricType::Counter, counts.refused);
    add("pons_http_answers_broken_off_total", "Answers that ended before they were whole, visibly for the client.",
        MetricType::Counter, counts.broken_off);
    add("pons_http_accept_failures_total", "Connections that could not be accepted.", MetricType::Counter,
        counts.accept_failures);
    add("pons_log_lines_lost_total", "Log lines lost because they came too fast.", MetricType::Counter,
        lost_log_lines());
    for (auto const& each : families_->elsewhere)
        add(each.name.c_str(), each.help.c_str(), MetricType::Counter, each.read());
    return prometheus::TextSerializer().Serialize(all);
}

}  // namespace pons::proxy::operations
