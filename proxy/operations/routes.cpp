#include "proxy/operations/routes.hpp"

#include "proxy/operations/home_page.hpp"

namespace pons::proxy::operations {

namespace {

awaitable<http::response> answer_metrics(metrics const& shared, http::counters const& counts)
{
    http::response answer{.content_type = "text/plain; version=0.0.4; charset=utf-8"};
    answer.body = shared.to_text(counts);
    co_return answer;
}

}  // namespace

std::vector<http::route> make_routes(std::shared_ptr<health> readiness, metrics const& shared,
                                     http::counters const& counts)
{
    using http::verb;
    auto readyz = [readiness](http::exchange const& x) { return readiness->readyz(x); };
    auto scrape = [&shared, &counts](http::exchange const&) { return answer_metrics(shared, counts); };
    return {
        {.verbs = {verb::get}, .pattern = "/", .name = "home", .handler = &home_page},
        {.verbs = {verb::get}, .pattern = "/livez", .name = "livez", .handler = &livez},
        {.verbs = {verb::get}, .pattern = "/readyz", .name = "readyz", .handler = std::move(readyz)},
        {.verbs = {verb::get}, .pattern = "/metrics", .name = "metrics", .handler = std::move(scrape)},
    };
}

}  // namespace pons::proxy::operations
