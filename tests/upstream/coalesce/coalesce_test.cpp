#include "tests/support/http_stub.hpp"
#include "tests/upstream/coalesce/flying.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <thread>

using namespace pons;
using namespace pons::test;
using namespace pons::test::flying;
using namespace std::chrono_literals;
namespace tags = mapping::tags;

TEST_CASE("equal queries share one, others do not")
{
    tried t;
    std::vector<tried::client*> equal;
    for (int i = 0; i < 1000; ++i)
        equal.push_back(&t.ask(patient("1")));
    auto& other = t.ask(patient("2"));
    auto narrower = patient("1");
    narrower.max_rows = 7;
    auto& third = t.ask(narrower);
    CHECK(t.inner->asked.size() == 3);
    t.inner->release();
    t.poll();
    for (auto const* c : equal) {
        REQUIRE(c->how.has_value());
        REQUIRE(c->how->has_value());
        CHECK((*c->how)->truncated);
        CHECK(c->rows.uids == "1.1 1.1 ");
    }
    CHECK(other.rows.uids == "1.2 1.2 ");
    CHECK(third.rows.uids == "1.3 1.3 ");
    CHECK(t.flights->size() == 0);
    auto& later = t.ask(patient("1"));
    t.inner->release();
    t.poll();
    CHECK(later.rows.uids == "1.4 1.4 ");
}

TEST_CASE("who asked first gets the rows as they come, the others when all have come")
{
    tried t;
    t.inner->before = 1;
    auto& first = t.ask(patient("1"));
    auto& second = t.ask(patient("1"));
    CHECK(first.rows.uids == "1.1 ");
    CHECK(second.rows.uids.empty());
    SUBCASE("to the end")
    {
        t.inner->release();
        t.poll();
        CHECK(first.rows.uids == "1.1 1.1 ");
    }
    SUBCASE("until he leaves")
    {
        first.cancel.emit(asio::cancellation_type::terminal);
        t.poll();
        REQUIRE(first.how.has_value());
        t.inner->release();
        t.poll();
        CHECK(first.rows.uids == "1.1 ");
    }
    SUBCASE("before an error")
    {
        t.inner->fails = errc::aborted;
        t.inner->release();
        t.poll();
        REQUIRE(first.how.has_value());
        CHECK_FALSE(first.how->has_value());
        CHECK(first.rows.uids == "1.1 ");
        return;
    }
    CHECK(second.rows.uids == "1.1 1.1 ");
}

TEST_CASE("an error is everybody's, and so is a bug")
{
    tried t;
    auto& one = t.ask(patient("1"));
    auto& two = t.ask(patient("1"));
    SUBCASE("an error")
    {
        t.inner->fails = errc::aborted;
        t.inner->release();
        t.poll();
        for (auto* const c : {&one, &two}) {
            REQUIRE(c->how.has_value());
            REQUIRE_FALSE(c->how->has_value());
            CHECK(c->how->error().code == errc::aborted);
            CHECK(c->rows.uids.empty());
        }
    }
    SUBCASE("a bug")
    {
        t.inner->throws = true;
        t.inner->release();
        t.poll();
        for (auto* const c : {&one, &two}) {
            REQUIRE(c->thrown);
            CHECK_THROWS_AS(std::rethrow_exception(c->thrown), std::logic_error);
        }
    }
    CHECK(t.flights->size() == 0);
}

TEST_CASE("one who leaves leaves the others waiting; the last one ends the query")
{
    tried t;
    auto& first = t.ask(patient("1"));
    auto& second = t.ask(patient("1"));
    first.cancel.emit(asio::cancellation_type::terminal);
    t.poll();
    REQUIRE(first.how.has_value());
    CHECK(first.how->error().code == errc::cancelled);
    CHECK(t.inner->cancelled == 0);
    SUBCASE("the other gets its answer")
    {
        t.inner->release();
        t.poll();
        CHECK(second.rows.uids == "1.1 1.1 ");
    }
    SUBCASE("the other leaves too, and who comes then asks anew")
    {
        second.cancel.emit(asio::cancellation_type::terminal);
        t.poll();
        auto& late = t.ask(patient("1"));
        t.poll();
        CHECK(t.inner->cancelled == 1);
        CHECK(t.inner->asked.size() == 2);
        t.inner->release();
        t.poll();
        CHECK(late.rows.uids == "1.2 1.2 ");
    }
    CHECK(t.flights->size() == 0);
}

TEST_CASE("each waits until its own deadline")
{
    tried t;
    auto& impatient = t.ask(patient("1"), 1ms);
    auto& patient_one = t.ask(patient("1"));
    t.on.restart();
    while (!impatient.how)
        t.on.run_one();
    CHECK(impatient.how->error().code == errc::timed_out);
    CHECK(t.inner->cancelled == 0);
    t.inner->release();
    t.poll();
    CHECK(patient_one.rows.uids == "1.1 1.1 ");
}

TEST_CASE("contexts may go while queries are on their way")
{
    auto t = std::make_unique<tried>();
    auto const flights = t->flights;
    t->ask(patient("1"));
    t->ask(patient("1"));
    t.reset();
    CHECK(flights->size() <= 1);
}

TEST_CASE("workers share a query, each on its own thread")
{
    struct at_once final : upstream::archive {
        std::atomic<unsigned> asked = 0;
        awaitable<result<upstream::found>> find(mapping::find_request const&, upstream::row_sink& rows,
                                                time_point) override
        {
            ++asked;
            auto const here = co_await asio::this_coro::executor;
            for (int i = 0; i < 20; ++i) {
                mapping::data_set row;
                row.add(tags::StudyInstanceUID, "1.2");
                rows.row(std::move(row));
                co_await asio::post(here, use_awaitable);
            }
            co_return upstream::found{.rows = 20, .issues = {}};
        }
        awaitable<result<void>> verify(time_point) override { co_return result<void>(); }
    };
    constexpr int rounds = 300;
    auto const inner = std::make_shared<at_once>();
    auto const flights = std::make_shared<upstream::flights>();
    config::source const source;
    std::atomic<int> whole = 0;
    auto const work = [&] {
        asio::io_context on;
        auto const archive = upstream::make_coalescing(inner, flights, source);
        for (int i = 0; i < rounds; ++i) {
            collected rows;
            auto const request = patient("1");
            auto const how = run_on(on, archive->find(request, rows, clock::now() + 20s));
            if (how && how->rows == 20 && rows.uids.size() == 20 * 4)
                ++whole;
        }
        on.restart();
        on.poll();
    };
    {
        std::jthread const one(work), two(work);
    }
    CHECK(whole == 2 * rounds);
    CHECK(inner->asked <= 2 * rounds);
    CHECK(flights->size() == 0);
}
