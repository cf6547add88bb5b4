#include "tests/support/http_stub.hpp"
#include "tests/upstream/collected_parts.hpp"
#include "tests/upstream/complete/told_archive.hpp"
#include "upstream/budget.hpp"
#include "upstream/dicomweb/dicomweb_archive.hpp"
#include "upstream/errc.hpp"
#include "upstream/guard/guard.hpp"

#include <doctest/doctest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

using namespace pons;
using namespace pons::test;
using upstream::errc;
using namespace std::chrono_literals;

namespace {

struct no_rows final : upstream::row_sink {
    void row(mapping::data_set&&) override {}
};

config::source named(config::source settings = {})
{
    settings.name = "pacs";
    return settings;
}

mapping::find_request const studies{mapping::level::study, {}, {}, 0};

/// A guarded archive around one that is told what to do, and a switch.
struct switched {
    asio::io_context on;
    config::source source;
    std::shared_ptr<upstream::gate> entrance;
    std::unique_ptr<upstream::archive> archive;
    no_rows none;

    explicit switched(std::shared_ptr<upstream::archive> inner, config::source settings = {})
        : source(named(std::move(settings))), entrance(std::make_shared<upstream::gate>(source))
    {
        archive = upstream::make_guarded(std::move(inner), entrance);
    }

    bool turn(bool enabled)
    {
        source.enabled = enabled;
        return entrance->change(source, std::chrono::system_clock::now());
    }

    result<upstream::found> find() { return run_on(on, archive->find(studies, none, clock::now() + 20s)); }

    void start(std::optional<result<upstream::found>>& answer, asio::cancellation_signal* leave = nullptr)
    {
        auto done = [&answer](std::exception_ptr thrown, result<upstream::found> how) {
            CHECK_FALSE(thrown);
            answer = std::move(how);
        };
        auto const slot = leave ? leave->slot() : asio::cancellation_slot();
        asio::co_spawn(on, archive->find(studies, none, clock::now() + 20s),
                       asio::bind_cancellation_slot(slot, std::move(done)));
    }

    /// Until nothing is left to do, except for what waits.
    void settle()
    {
        on.restart();
        on.poll();
    }
};

/// An archive whose finds wait until they are let, or cancelled.
struct slow {
    std::shared_ptr<told_archive> inner = std::make_shared<told_archive>();
    switched outer{inner};
    steady_timer gate{outer.on, time_point::max()};

    slow() { inner->gate = &gate; }
};

}  // namespace

TEST_CASE("a source that is switched off while it is used is asked nothing, and one that is switched on is")
{
    auto const inner = std::make_shared<told_archive>();
    switched s(inner);
    CHECK(s.find());
    CHECK_FALSE(s.turn(false));
    auto const refused = s.find();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::closed);
    CHECK(refused.error().where == "source pacs is switched off");
    CHECK(run_on(s.on, s.archive->verify(clock::now() + 20s)).error().code == errc::closed);
    CHECK(inner->finds.size() == 1);
    CHECK(s.turn(true));
    CHECK(s.find());
    CHECK(inner->finds.size() == 2);
}

TEST_CASE("other hours hold at once, and by another zone")
{
    auto const inner = std::make_shared<told_archive>();
    switched s(inner);
    auto const noon = std::chrono::sys_days(std::chrono::year(2024) / 1 / 15) + 12h;
    s.source.timezone = "UTC";
    s.source.hours = "13:00-14:00";
    CHECK_FALSE(s.entrance->change(s.source, noon));
    CHECK(s.entrance->peek(noon).error().retry_after == 1h);
    s.source.timezone = "Europe/Vienna";
    CHECK(s.entrance->change(s.source, noon));
    CHECK(s.entrance->peek(noon));
    s.source.hours.clear();
    CHECK(s.entrance->change(s.source, noon + 12h));
}

TEST_CASE("what runs when its source is switched off is cancelled, and told why")
{
    slow s;
    std::optional<result<upstream::found>> first;
    std::optional<result<upstream::found>> second;
    s.outer.start(first);
    s.outer.start(second);
    s.outer.settle();
    CHECK(s.inner->finds.size() == 2);
    CHECK(s.outer.entrance->running().size() == 2);
    s.outer.turn(false);
    bool on_again = false;
    SUBCASE("and stays off") {}
    SUBCASE("and is on again before they have noticed")
    {
        s.outer.turn(true);
        on_again = true;
    }
    s.outer.settle();
    for (auto const* answer : {&first, &second}) {
        REQUIRE(*answer);
        REQUIRE_FALSE(**answer);
        CHECK((*answer)->error().code == errc::closed);
        CHECK((*answer)->error().where == "source pacs, which was switched off meanwhile");
    }
    CHECK(s.outer.entrance->running().size() == 0);
    CHECK(s.outer.entrance->peek(std::chrono::system_clock::now()).has_value() == on_again);
}

TEST_CASE("who has not begun when the source is switched off does not begin")
{
    auto const inner = std::make_shared<told_archive>();
    switched s(inner);
    std::optional<result<upstream::found>> answer;
    s.start(answer);
    s.turn(false);
    s.settle();
    REQUIRE(answer);
    CHECK(answer->error().code == errc::closed);
    CHECK(inner->finds.empty());
}

TEST_CASE("a client that leaves cancels what it waits for, as without a switch")
{
    slow s;
    std::optional<result<upstream::found>> answer;
    asio::cancellation_signal leave;
    s.outer.start(answer, &leave);
    s.outer.settle();
    asio::post(s.outer.on, [&] { leave.emit(asio::cancellation_type::terminal); });
    s.outer.settle();
    REQUIRE(answer);
    CHECK(answer->error().code == errc::cancelled);
    CHECK(s.outer.entrance->running().size() == 0);
}

TEST_CASE("a retrieve that is switched off in its middle fails, and what came has come")
{
    auto const inner = std::make_shared<told_archive>();
    switched s(inner);
    inner->retrievals.push_back({.come = {"1.1", "1.2", "1.3"}, .fails = {}});
    collected_parts parts;
    parts.on_begin = [&] {
        if (parts.parts.size() == 2)
            s.turn(false);
        return result<void>();
    };
    upstream::retrieve_request const request{"1.2", {}, {}};
    auto const how = run_on(s.on, s.archive->retrieve(request, parts, clock::now() + 20s));
    REQUIRE_FALSE(how);
    CHECK(how.error().code == errc::closed);
    CHECK(parts.parts.size() == 2);
}

TEST_CASE("an archive that was left alone is asked at once when it was switched off and on")
{
    auto const inner = std::make_shared<told_archive>();
    switched s(inner);
    inner->find_fails = errc::unreachable;
    for (unsigned i = 0; i < s.source.breaker.failures; ++i)
        CHECK_FALSE(s.find());
    inner->find_fails.reset();
    CHECK(s.find().error().retry_after > 0s);
    s.turn(false);
    s.turn(true);
    CHECK(s.find());
    CHECK(s.entrance->peek(std::chrono::system_clock::now()));
}

TEST_CASE("other rules for failures hold at once")
{
    auto const inner = std::make_shared<told_archive>();
    switched s(inner);
    inner->find_fails = errc::unreachable;
    s.source.breaker = {.failures = 2, .pause = 1h};
    CHECK(s.turn(true));
    for (int i = 0; i < 2; ++i)
        CHECK(s.find().error().retry_after == 0s);
    CHECK(s.find().error().retry_after == 1h);
}

TEST_CASE(
    "connections to a web server are closed when their source is switched off, used or idle; who waits is refused")
{
    asio::io_context on;
    bool silent = false;
    http_stub stub(on, [&](http_request const&) {
        return silent ? http_reply{.bytes = {}, .silent = true} : json(R"([{"0020000D":{"vr":"UI","Value":["1.2"]}}])");
    });
    config::source source = named();
    source.kind = config::source_kind::dicomweb;
    source.url = stub.url();
    source.limits.associations = 1;
    auto const entrance = std::make_shared<upstream::gate>(source);
    auto const slots = std::make_shared<upstream::budget>(source.name, source.limits);
    auto const archive = upstream::make_guarded(
        upstream::dicomweb::make_dicomweb_archive(source, slots, entrance->shared_running()), entrance);
    no_rows none;
    auto const find = [&] { return run_on(on, archive->find(studies, none, clock::now() + 20s)); };
    auto const turn = [&](bool enabled) {
        source.enabled = enabled;
        entrance->change(source, std::chrono::system_clock::now());
    };
    CHECK(find());
    CHECK(stub.open() == 1);
    SUBCASE("idle")
    {
        turn(false);
        while (stub.open() != 0)
            on.run_one();
    }
    SUBCASE("in the middle of a query, with another in the queue")
    {
        silent = true;
        std::vector<std::error_code> ended;
        for (int i = 0; i < 2; ++i)
            asio::co_spawn(on, archive->find(studies, none, clock::now() + 20s),
                           [&](std::exception_ptr, result<upstream::found> how) {
                               ended.push_back(how ? std::error_code() : how.error().code);
                           });
        while (stub.requests().size() < 2 || slots->waiting() == 0)
            on.run_one();
        turn(false);
        while (ended.size() < 2 || stub.open() != 0)
            on.run_one();
        CHECK(ended == std::vector<std::error_code>(2, errc::closed));
        CHECK(stub.requests().size() == 2);
        CHECK(slots->in_use() == 0);
        silent = false;
    }
    CHECK(find().error().code == errc::closed);
    turn(true);
    CHECK(find());
    CHECK(stub.connections() == 2);
}

TEST_CASE("a switch that is thrown while several workers ask leaves nothing behind")
{
    struct at_once final : upstream::archive {
        awaitable<result<upstream::found>> find(mapping::find_request const&, upstream::row_sink&, time_point) override
        {
            auto const here = co_await asio::this_coro::executor;
            for (int i = 0; i < 5; ++i)
                co_await asio::post(here, use_awaitable);
            co_return upstream::found();
        }
        awaitable<result<void>> verify(time_point) override { co_return result<void>(); }
    };
    auto source = named();
    auto const entrance = std::make_shared<upstream::gate>(source);
    std::atomic<int> good{0};
    std::atomic<int> others{0};
    std::atomic<int> at_work{0};
    auto const work = [&] {
        asio::io_context on(1);
        auto const archive = upstream::make_guarded(std::make_shared<at_once>(), entrance);
        no_rows none;
        while (good < 400) {
            for (int i = 0; i < 20; ++i)
                asio::co_spawn(on, archive->find(studies, none, time_point::max()),
                               [&](std::exception_ptr thrown, result<upstream::found> how) {
                                   bool const closed = !thrown && !how && how.error().code == errc::closed;
                                   good += !thrown && how;
                                   others += !closed && (thrown || !how);
                               });
            on.restart();
            on.run();
        }
        --at_work;
    };
    at_work = 2;
    {
        std::jthread const one(work);
        std::jthread const other(work);
        while (at_work != 0) {
            source.enabled = !source.enabled;
            entrance->change(source, std::chrono::system_clock::now());
        }
    }
    CHECK(others == 0);
    CHECK(entrance->running().size() == 0);
}
