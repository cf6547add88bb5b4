#include "upstream/coalesce/coalesce.hpp"
#include "tests/support/http_stub.hpp"
#include "tests/upstream/given_instances.hpp"

#include <doctest/doctest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <atomic>
#include <stdexcept>
#include <thread>

using namespace pons;
using namespace pons::test;
using upstream::errc;
using namespace std::chrono_literals;
namespace tags = mapping::tags;

namespace {

/// Answers each find with a row of its number, when it is let.
struct slow_archive final : upstream::archive {
    std::vector<mapping::find_request> asked;
    unsigned cancelled = 0;
    bool throws = false;
    int finds = 2;
    std::optional<errc> fails;
    std::vector<steady_timer*> waiting;

    awaitable<result<upstream::found>> find(mapping::find_request const& request, upstream::row_sink& rows,
                                            time_point deadline) override
    {
        asked.push_back(request);
        auto const number = asked.size();
        steady_timer gate(co_await asio::this_coro::executor, deadline);
        waiting.push_back(&gate);
        co_await asio::this_coro::throw_if_cancelled(false);
        co_await gate.async_wait(as_tuple);
        std::erase(waiting, &gate);
        auto const state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) {
            ++cancelled;
            co_return fail(errc::cancelled);
        }
        if (throws)
            throw std::logic_error("a bug");
        if (fails)
            co_return fail(*fails, "source pacs");
        for (int i = 0; i < finds; ++i) {
            mapping::data_set row;
            row.add(tags::StudyInstanceUID, "1." + std::to_string(number));
            rows.row(std::move(row));
        }
        upstream::found how;
        how.rows = 2;
        how.truncated = true;
        co_return how;
    }
    awaitable<result<void>> verify(time_point) override { co_return result<void>(); }

    void release()
    {
        for (auto* const gate : waiting)
            gate->cancel();
    }
};

struct collected final : upstream::row_sink {
    std::string uids;
    void row(mapping::data_set&& one) override { uids.append(one.text(tags::StudyInstanceUID)).append(" "); }
};

mapping::find_request patient(std::string id)
{
    return {mapping::level::study, {{tags::PatientID, {std::move(id)}}}, {tags::StudyInstanceUID}, 0};
}

struct tried {
    /// One who asks.
    struct client {
        collected rows;
        std::optional<result<upstream::found>> how;
        std::exception_ptr thrown;
        asio::cancellation_signal cancel;
    };

    std::list<client> clients;  // outlive the coroutines
    asio::io_context on;
    config::source source;
    std::shared_ptr<slow_archive> inner = std::make_shared<slow_archive>();
    std::shared_ptr<upstream::flights> flights = std::make_shared<upstream::flights>();
    std::unique_ptr<upstream::archive> archive = upstream::make_coalescing(inner, flights, source);
    client& ask(mapping::find_request const& request, std::chrono::milliseconds time = 20s)
    {
        auto& c = clients.emplace_back();
        auto const work = [](upstream::archive& a, mapping::find_request what, client& to,
                             time_point until) -> awaitable<result<upstream::found>> {
            result<upstream::found> how = co_await a.find(what, to.rows, until);
            co_return how;
        };
        asio::co_spawn(on, work(*archive, request, c, clock::now() + time),
                       asio::bind_cancellation_slot(c.cancel.slot(), [&c](std::exception_ptr e, auto how) {
                           c.thrown = e;
                           if (!e)
                               c.how.emplace(std::move(how));
                       }));
        on.restart();
        on.poll();
        return c;
    }
    void poll()
    {
        on.restart();
        on.poll();
    }
};

}  // namespace

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

namespace {

/// One whose answers are kept, with a clock that the test sets.
struct keeping : tried {
    std::shared_ptr<time_point> now = std::make_shared<time_point>(clock::now());

    explicit keeping(std::uint64_t size = 1024 * 1024)
    {
        upstream::answer_bounds const most{.size = size, .time = 5s, .empty_time = 1s, .awaited_time = 10s};
        flights = std::make_shared<upstream::flights>(most, [now = now] { return *now; });
        archive = upstream::make_coalescing(inner, flights, source);
    }
    client& answered(mapping::find_request const& request)
    {
        auto& c = ask(request);
        inner->release();
        poll();
        return c;
    }
};

}  // namespace

TEST_CASE("an answer is kept for a while, as it came")
{
    keeping t;
    CHECK(t.answered(patient("1")).rows.uids == "1.1 1.1 ");
    auto const& again = t.ask(patient("1"));
    REQUIRE(again.how.has_value());
    CHECK((*again.how)->truncated);
    CHECK(again.rows.uids == "1.1 1.1 ");
    CHECK(t.ask(patient("1")).rows.uids == "1.1 1.1 ");
    CHECK(t.inner->asked.size() == 1);
    CHECK(t.flights->size() == 0);
    CHECK(t.flights->bytes() > 0);

    SUBCASE("it is not the answer to another question")
    {
        auto other = patient("1");
        other.return_keys.push_back(tags::PatientName);
        CHECK(t.answered(other).rows.uids == "1.2 1.2 ");
        CHECK(t.answered(patient("2")).rows.uids == "1.3 1.3 ");
    }
    SUBCASE("until its time is over")
    {
        *t.now += 5s;
        CHECK(t.answered(patient("1")).rows.uids == "1.2 1.2 ");
    }
    SUBCASE("until something is stored")
    {
        given_instances none;
        bool stored = false;
        auto const work = [](upstream::archive& a, given_instances& what) -> awaitable<void> {
            auto const how = co_await a.store(what, clock::now() + 20s);
            CHECK_FALSE(how.has_value());  // this archive stores nothing
        };
        asio::co_spawn(t.on, work(*t.archive, none), [&](std::exception_ptr) { stored = true; });
        t.poll();
        REQUIRE(stored);
        CHECK(t.flights->bytes() == 0);
        CHECK(t.answered(patient("1")).rows.uids == "1.2 1.2 ");
    }
}

TEST_CASE("an answer that was asked for before something was stored is nobody's who comes after")
{
    keeping t;
    auto& early = t.ask(patient("1"));
    t.flights->forget_answers();
    auto& late = t.ask(patient("1"));
    t.inner->release();
    t.poll();
    CHECK(early.rows.uids == "1.1 1.1 ");
    CHECK(late.rows.uids == "1.2 1.2 ");
    CHECK(t.ask(patient("1")).rows.uids == "1.2 1.2 ");
}

TEST_CASE("nothing found is kept for less time, errors for none")
{
    keeping t;
    t.inner->finds = 0;
    t.answered(patient("1"));
    CHECK(t.ask(patient("1")).how.has_value());
    *t.now += 1s;
    t.answered(patient("1"));
    CHECK(t.inner->asked.size() == 2);
    *t.now += 1s;
    t.inner->fails = errc::aborted;
    t.answered(patient("1"));
    t.answered(patient("1"));
    CHECK(t.inner->asked.size() == 4);
}

TEST_CASE("kept answers are bounded: what ends soonest goes first, and what is too large is not kept")
{
    keeping measured;
    measured.answered(patient("1"));
    auto const one = measured.flights->bytes();

    auto const most = 2 * one + one / 2;  // later answers are some bytes longer
    keeping t(most);
    for (int i = 0; i < 100; ++i) {
        t.answered(patient(std::to_string(i)));
        *t.now += 1ms;
        CHECK(t.flights->bytes() <= most);
    }
    CHECK(t.ask(patient("99")).how.has_value());
    CHECK(t.ask(patient("98")).how.has_value());
    t.answered(patient("97"));
    CHECK(t.inner->asked.size() == 101);

    keeping small(one - 1);
    small.answered(patient("1"));
    CHECK(small.flights->bytes() == 0);
    CHECK(small.flights->size() == 0);
}

TEST_CASE("a query that is too slow goes on, and who comes back finds its answer")
{
    keeping t;
    auto& impatient = t.ask(patient("1"), 1ms);
    t.on.restart();
    while (!impatient.how)
        t.on.run_one();
    CHECK(impatient.how->error().code == errc::timed_out);
    CHECK(impatient.how->error().retry_after == upstream::ask_again_after);

    SUBCASE("also when one who came back leaves")
    {
        auto& second = t.ask(patient("1"));
        second.cancel.emit(asio::cancellation_type::terminal);
        t.poll();
    }
    SUBCASE("alone") {}
    CHECK(t.flights->size() == 1);
    CHECK(t.inner->cancelled == 0);
    t.inner->finds = 0;
    t.inner->release();
    t.poll();
    *t.now += 2 * upstream::ask_again_after - 1s;
    auto const& back = t.ask(patient("1"));
    REQUIRE(back.how.has_value());
    CHECK(back.how->has_value());
    CHECK(t.inner->asked.size() == 1);
}
