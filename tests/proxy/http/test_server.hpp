#pragma once

#include "proxy/http/server.hpp"
#include "tests/proxy/http/raw_client.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace pons::test {

using namespace std::chrono_literals;

/// Waits for something that another thread brings about; false when it has not within 10 s.
template <class Condition>
bool eventually(Condition condition)
{
    for (auto const end = clock::now() + 10s; clock::now() < end; std::this_thread::sleep_for(1ms))
        if (condition())
            return true;
    return false;
}

/// A server on a free port whose handlers show what the session does for them.
struct test_server {
    struct line {
        std::string id;
        std::string method;
        std::string route;
        unsigned status;
        std::uint64_t bytes_in;
        std::uint64_t bytes_out;
        std::string remote;
        std::size_t remarks;
        std::string broken_off = {};
    };

    std::atomic<int> waiting{0};    // handlers of /wait that run
    std::atomic<int> cancelled{0};  // and those that were cancelled
    std::atomic<int> sites{0};
    std::atomic<int> begun{0};  // handlers of /soon

private:
    std::mutex mutex_;
    std::vector<line> lines_;
    std::vector<proxy::http::route> more_;

public:
    proxy::http::server server;  // last, so that its threads have ended before the rest goes

    static config::http defaults()
    {
        config::http config;
        config.listen = {.host = "127.0.0.1", .port = 0};
        return config;
    }

    explicit test_server(config::http config = defaults(), std::vector<proxy::http::route> more = {})
        : more_(std::move(more)), server(std::move(config), [this](executor) { return make_site(); })
    {
        auto const started = server.start();
        if (!started)
            throw std::runtime_error(started.error().where);
    }

    std::uint16_t port() const { return server.endpoint().port(); }
    raw_client client() const { return raw_client(port()); }

    std::vector<line> lines()
    {
        std::lock_guard const lock(mutex_);
        return lines_;
    }

    /// The line of the request before last has been written when this returns true.
    bool logged(std::size_t count)
    {
        return eventually([&] { return lines().size() >= count; });
    }

private:
    using response = proxy::http::response;
    using exchange = proxy::http::exchange;

    static response text(std::string body)
    {
        response answer{.content_type = "text/plain; charset=utf-8"};
        answer.body = std::move(body);
        return answer;
    }

    static awaitable<response> hello(exchange const&)
    {
        response answer{.content_type = "application/json"};
        answer.body = R"({"hello":"world"})";
        answer.headers.emplace_back("ETag", R"(W/"1")");
        co_return answer;
    }

    static awaitable<response> echo(exchange const& x) { co_return text(x.req.body); }
    static awaitable<response> item(exchange const& x) { co_return text(x.path_parameters.at(0)); }
    static awaitable<response> big(exchange const&) { co_return text(std::string(200'000, 'x')); }
    static awaitable<response> huge(exchange const&) { co_return text(std::string(64 << 20, 'x')); }

    static awaitable<response> fail(exchange const&)
    {
        throw std::runtime_error("what a patient is called");
        co_return response{};
    }

    static awaitable<response> inject(exchange const&)
    {
        auto answer = text("x");
        answer.headers.emplace_back("Location", "/\r\nSet-Cookie: a=b");
        co_return answer;
    }

    awaitable<response> soon(exchange const& x)
    {
        ++begun;
        steady_timer timer(co_await asio::this_coro::executor, 150ms);
        co_await timer.async_wait(use_awaitable);
        x.remarks->emplace_back("rows", "3");
        co_return text("soon");
    }

    awaitable<response> wait(exchange const&)
    {
        steady_timer timer(co_await asio::this_coro::executor, time_point::max());
        ++waiting;
        auto const [ec] = co_await timer.async_wait(as_tuple);
        --waiting;
        if (ec)
            ++cancelled;
        co_return text("waited");
    }

    proxy::http::site make_site()
    {
        using proxy::http::verb;
        ++sites;
        auto waits = [this](exchange const& x) { return wait(x); };
        auto begins = [this](exchange const& x) { return soon(x); };
        proxy::http::site site;
        std::vector<proxy::http::route> rows{
            {{verb::get}, "/hello", "hello", &hello},    {{verb::get, verb::post}, "/echo", "echo", &echo},
            {{verb::get}, "/item/{id}", "item", &item},  {{verb::get}, "/big", "big", &big},
            {{verb::get}, "/huge", "huge", &huge},       {{verb::get}, "/fail", "fail", &fail},
            {{verb::get}, "/inject", "inject", &inject}, {{verb::get}, "/soon", "soon", begins},
            {{verb::get}, "/wait", "wait", waits},
        };
        rows.insert(rows.end(), more_.begin(), more_.end());
        site.routes = proxy::http::router(std::move(rows));
        site.on_error = [](proxy::http::status status, proxy::http::request const& req, std::string_view id,
                           std::string_view what) {
            auto answer = proxy::http::plain_error(status, req, id, what);
            if (req.path.starts_with("/fhir"))
                answer.content_type = "application/fhir+json";
            return answer;
        };
        site.on_request = [this](proxy::http::request_record const& r) {
            auto const method = to_string(r.method);
            std::lock_guard const lock(mutex_);
            lines_.push_back({std::string(r.id), std::string(method.data(), method.size()), std::string(r.route),
                              r.status, r.bytes_in, r.bytes_out, std::string(r.remote), r.remarks->size()});
            for (auto const& [name, value] : *r.remarks)
                if (name == "broken_off")
                    lines_.back().broken_off = value;
        };
        return site;
    }
};

}  // namespace pons::test
