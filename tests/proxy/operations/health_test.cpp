#include "proxy/operations/health.hpp"

#include "upstream/errc.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace pons;
using namespace pons::proxy;
using namespace std::chrono_literals;

namespace {

struct asked {
    asio::io_context context{1};
    int ok_runs = 0;
    int cancelled = 0;

    operations::health_check ok()
    {
        return {"main-pacs", [this](time_point) { return run_ok(); }};
    }
    operations::health_check failing(upstream::errc code)
    {
        return {"web", [code](time_point) { return run_failing(code); }};
    }
    operations::health_check throwing()
    {
        return {"odd", [](time_point) { return run_throwing(); }};
    }
    operations::health_check silent()
    {
        return {"silent", [this](time_point) { return run_silent(); }};
    }

    /// Begins a GET /readyz; its answer is there when the context has run.
    std::shared_ptr<http::response> get(operations::health& health, std::string query = {})
    {
        auto answer = std::make_shared<http::response>();
        auto ask = [](operations::health& h, std::string q, std::shared_ptr<http::response> to) -> awaitable<void> {
            http::request const req{.path = "/readyz", .query = std::move(q)};
            http::exchange const x{.req = req, .path_parameters = {}, .id = "1", .deadline = time_point::max()};
            *to = co_await h.readyz(x);
        };
        asio::co_spawn(context, ask(health, std::move(query), answer), [](std::exception_ptr e) { CHECK_FALSE(e); });
        return answer;
    }

    std::shared_ptr<http::response> answered(operations::health& health, std::string query = {})
    {
        auto const answer = get(health, std::move(query));
        context.restart();
        context.run();
        return answer;
    }

private:
    awaitable<result<void>> run_ok()
    {
        ++ok_runs;
        co_return result<void>{};
    }
    static awaitable<result<void>> run_failing(upstream::errc code)
    {
        co_await asio::post(use_awaitable);
        co_return fail(code, "source web");
    }
    static awaitable<result<void>> run_throwing()
    {
        throw std::runtime_error("a defect");
        co_return result<void>{};
    }
    awaitable<result<void>> run_silent()
    {
        steady_timer never(context.get_executor(), time_point::max());
        auto const [ec] = co_await never.async_wait(as_tuple);
        if (ec)
            ++cancelled;
        co_return fail(upstream::errc::cancelled);
    }
};

}  // namespace

TEST_CASE("ready when every source is")
{
    asked a;
    operations::health health(a.context.get_executor(), {a.ok()});
    auto const answer = a.answered(health);
    CHECK(answer->status == http::status::ok);
    CHECK(answer->content_type == "application/json");
    CHECK(answer->body == "{\"status\":\"ready\",\"sources\":{\"main-pacs\":\"ok\"}}\n");
}

TEST_CASE("without sources there is nothing to wait for")
{
    asked a;
    operations::health health(a.context.get_executor(), {});
    CHECK(a.answered(health)->body == "{\"status\":\"ready\",\"sources\":{}}\n");
}

TEST_CASE("names the source that is down")
{
    asked a;
    operations::health health(a.context.get_executor(), {a.ok(), a.failing(upstream::errc::unreachable), a.throwing()});
    auto const answer = a.answered(health);
    CHECK(answer->status == http::status::service_unavailable);
    CHECK(
        answer->body ==
        "{\"status\":\"unavailable\",\"sources\":{\"main-pacs\":\"ok\",\"web\":\"unreachable\",\"odd\":\"failed\"}}\n");
    auto const verbose = a.answered(health, "verbose");
    CHECK(verbose->body.find(R"("web":{"status":"unreachable","milliseconds":)") != std::string::npos);
}

TEST_CASE("what stands aside is told, not waited for, and makes nobody unready")
{
    asked a;
    auto down = a.failing(upstream::errc::unreachable);
    down.name = "crosswalk";
    down.aside = true;
    auto slow = a.silent();
    slow.aside = true;
    operations::health health(a.context.get_executor(), {a.ok(), down, slow});
    auto const first = a.get(health);
    a.context.restart();
    while (first->body.empty())
        a.context.run_one();
    CHECK(first->status == http::status::ok);
    CHECK(first->body.find("\"sources\":{\"main-pacs\":\"ok\"},\"crosswalk\":\"") != std::string::npos);
    auto const later = a.get(health);
    while (later->body.empty())
        a.context.run_one();
    CHECK(later->body ==
          "{\"status\":\"ready\",\"sources\":{\"main-pacs\":\"ok\"},\"crosswalk\":\"unreachable\","
          "\"silent\":\"unknown\"}\n");
}

TEST_CASE("every failure has a word")
{
    for (int code = 1; code <= static_cast<int>(upstream::errc::unsupported); ++code) {
        CAPTURE(code);
        asked a;
        operations::health health(a.context.get_executor(), {a.failing(static_cast<upstream::errc>(code))});
        CHECK(a.answered(health)->body.find("\"failed\"") == std::string::npos);
    }
}

TEST_CASE("one round of checks serves all who ask during it and shortly after")
{
    asked a;
    operations::health health(a.context.get_executor(), {a.ok()});
    auto const first = a.get(health);
    auto const second = a.get(health);
    a.answered(health);
    a.answered(health);
    CHECK(first->status == http::status::ok);
    CHECK(second->body == first->body);
    CHECK(a.ok_runs == 1);
}

TEST_CASE("a silent source is given two seconds and then cancelled")
{
    asked a;
    operations::health health(a.context.get_executor(), {a.ok(), a.silent()});
    auto const began = clock::now();
    auto const answer = a.answered(health);
    CHECK(clock::now() - began >= 2s);
    CHECK(answer->body == "{\"status\":\"unavailable\",\"sources\":{\"main-pacs\":\"ok\",\"silent\":\"timed_out\"}}\n");
    CHECK(a.cancelled == 1);
}

TEST_CASE("health may go while a check runs")
{
    asked a;
    auto health = std::make_unique<operations::health>(a.context.get_executor(),
                                                       std::vector<operations::health_check>{a.silent()});
    auto const answer = a.get(*health);
    a.context.poll();
    health.reset();
    a.context.run();
    CHECK(a.cancelled == 1);
    CHECK(answer->status == http::status::service_unavailable);
}
