#include "upstream/crosswalk/lookups.hpp"
#include "tests/support/http_stub.hpp"
#include "tests/support/slow_answerer.hpp"
#include "upstream/crosswalk/errc.hpp"

#include <doctest/doctest.h>
#include <boost/asio/bind_cancellation_slot.hpp>

#include <atomic>
#include <list>
#include <stdexcept>
#include <thread>

using namespace pons;
using namespace pons::upstream;
using namespace std::chrono_literals;

namespace {

/// Answers with the id itself, when it is let.
struct slow_crosswalk final : crosswalk, test::slow_answerer<crosswalk_errc> {
    std::vector<std::string> asked;

    awaitable<result<known_patient>> resolve(std::string id, time_point deadline) override
    {
        asked.push_back(id);
        result<void> const let = co_await pass(deadline, "crosswalk");
        if (!let)
            co_return tl::unexpected(let.error());
        known_patient found;
        found.ids.push_back({"urn:oid:1", id});
        co_return found;
    }
    awaitable<result<void>> verify(time_point) override { co_return result<void>(); }
};

struct tried {
    struct client {
        std::optional<result<known_patient>> how;
        std::exception_ptr thrown;
        asio::cancellation_signal cancel;
    };

    std::list<client> clients;  // outlive the coroutines
    asio::io_context on;
    config::crosswalk settings;
    std::shared_ptr<slow_crosswalk> inner = std::make_shared<slow_crosswalk>();
    std::shared_ptr<crosswalk_counts> counts = std::make_shared<crosswalk_counts>();
    std::shared_ptr<lookups> known;
    std::shared_ptr<crosswalk> all;

    explicit tried(config::crosswalk s = {}) : settings(std::move(s))
    {
        known = std::make_shared<lookups>(settings, counts);
        all = make_shared_lookups(inner, known, settings);
    }

    client& ask(std::string id, std::chrono::milliseconds time = 20s)
    {
        auto& c = clients.emplace_back();
        asio::co_spawn(on, all->resolve(std::move(id), clock::now() + time),
                       asio::bind_cancellation_slot(c.cancel.slot(), [&c](std::exception_ptr e, auto how) {
                           c.thrown = e;
                           if (!e)
                               c.how.emplace(std::move(how));
                       }));
        poll();
        return c;
    }
    void poll()
    {
        on.restart();
        on.poll();
    }
    void release()
    {
        inner->release();
        poll();
    }
    std::string value(client const& c)
    {
        REQUIRE(c.how.has_value());
        return *c.how ? (*c.how)->ids.front().value : (*c.how).error().code.message();
    }
};

known_patient patient(std::string id)
{
    known_patient one;
    one.ids.push_back({"urn:oid:1", std::move(id)});
    return one;
}

}  // namespace

TEST_CASE("equal lookups are one, and its answer is kept")
{
    tried t;
    std::vector<tried::client*> equal;
    for (int i = 0; i < 100; ++i)
        equal.push_back(&t.ask("1"));
    auto& other = t.ask("2");
    CHECK(t.inner->asked == std::vector<std::string>{"1", "2"});
    t.release();
    for (auto const* const c : equal)
        CHECK(t.value(*c) == "1");
    CHECK(t.value(other) == "2");
    CHECK(t.value(t.ask("1")) == "1");
    CHECK(t.inner->asked.size() == 2);
    CHECK(t.counts->lookups == 102);
    CHECK(t.counts->shared == 99);
    CHECK(t.counts->kept == 1);
}

TEST_CASE("that nobody knows a patient is kept; that nobody could tell is not")
{
    tried t;
    auto& unknown = t.ask("1");
    t.inner->fails = crosswalk_errc::unknown_patient;
    t.release();
    CHECK((*unknown.how).error().code == crosswalk_errc::unknown_patient);
    CHECK((*t.ask("1").how).error().code == crosswalk_errc::unknown_patient);
    CHECK(t.inner->asked.size() == 1);
    CHECK(t.counts->unknown == 2);
    for (auto const code :
         {crosswalk_errc::unreachable, crosswalk_errc::ambiguous_patient, crosswalk_errc::malformed}) {
        t.inner->fails = code;
        t.inner->asked.clear();
        for (int i = 0; i < 2; ++i) {
            auto& c = t.ask("2");
            t.release();
            CHECK((*c.how).error().code == code);
        }
        CHECK(t.inner->asked.size() == 2);
    }
    CHECK(t.counts->ambiguous == 2);
    CHECK(t.counts->failures == 4);
    CHECK(t.known->size() == 1);
}

TEST_CASE("a bug is everybody's and is not kept")
{
    tried t;
    t.inner->throws = true;
    auto& one = t.ask("1");
    auto& two = t.ask("1");
    t.release();
    for (auto* const c : {&one, &two}) {
        REQUIRE(c->thrown);
        CHECK_THROWS_AS(std::rethrow_exception(c->thrown), std::logic_error);
    }
    CHECK(t.known->size() == 0);
}

TEST_CASE("one who leaves leaves the others waiting; the last one ends the lookup")
{
    tried t;
    auto& first = t.ask("1");
    auto& second = t.ask("1");
    first.cancel.emit(asio::cancellation_type::terminal);
    t.poll();
    CHECK((*first.how).error().code == crosswalk_errc::cancelled);
    CHECK(t.inner->cancelled == 0);
    SUBCASE("the other gets its answer")
    {
        t.release();
        CHECK(t.value(second) == "1");
    }
    SUBCASE("the other leaves too, and who comes then asks anew")
    {
        second.cancel.emit(asio::cancellation_type::terminal);
        t.poll();
        auto& late = t.ask("1");
        CHECK(t.inner->cancelled == 1);
        CHECK(t.inner->asked.size() == 2);
        t.release();
        CHECK(t.value(late) == "1");
    }
}

TEST_CASE("each waits until its own deadline")
{
    tried t;
    auto& impatient = t.ask("1", 1ms);
    auto& calm = t.ask("1");
    t.on.restart();
    while (!impatient.how)
        t.on.run_one();
    CHECK((*impatient.how).error().code == crosswalk_errc::timed_out);
    t.release();
    CHECK(t.value(calm) == "1");
}

TEST_CASE("what is kept is bounded in time and number")
{
    config::crosswalk settings;
    settings.max_patients = 3;
    settings.time = 100s;
    settings.unknown_time = 10s;
    auto const known = std::make_shared<lookups>(settings, std::make_shared<crosswalk_counts>());
    asio::io_context on;
    auto const now = clock::now();
    auto const land = [&](std::string const& id, result<known_patient> how) {
        auto place = known->join(id, on.get_executor());
        known->land(place.shared(), nullptr, std::move(how), now);
    };
    land("1", patient("1"));
    land("2", fail(crosswalk_errc::unknown_patient));
    CHECK(known->kept("1", now + 99s).has_value());
    CHECK_FALSE(known->kept("1", now + 100s).has_value());
    CHECK(known->kept("2", now + 9s).has_value());
    CHECK_FALSE(known->kept("2", now + 10s).has_value());
    CHECK(known->size() == 0);
    for (auto const* const id : {"1", "2", "3"})
        land(id, patient(id));
    CHECK(known->kept("1", now).has_value());
    land("4", patient("4"));
    CHECK(known->size() == 3);
    CHECK(known->kept("1", now).has_value());
    CHECK_FALSE(known->kept("2", now).has_value());
    land("4", patient("5"));
    CHECK(known->kept("4", now)->value() == patient("5"));
    CHECK(known->size() == 3);
    on.run();
}

TEST_CASE("nothing is kept for no time")
{
    config::crosswalk settings;
    settings.time = 0s;
    tried t(settings);
    for (int i = 0; i < 2; ++i) {
        t.ask("1");
        t.release();
    }
    CHECK(t.inner->asked.size() == 2);
    CHECK(t.known->size() == 0);
}

TEST_CASE("contexts may go while lookups are on their way")
{
    auto t = std::make_unique<tried>();
    auto const known = t->known;
    t->ask("1");
    t->ask("1");
    t.reset();
    CHECK(known->size() == 0);
}

TEST_CASE("workers share a crosswalk, each on its own thread")
{
    struct at_once final : crosswalk {
        std::atomic<unsigned> asked = 0;
        awaitable<result<known_patient>> resolve(std::string id, time_point) override
        {
            ++asked;
            auto const here = co_await asio::this_coro::executor;
            for (int i = 0; i < 5; ++i)
                co_await asio::post(here, use_awaitable);
            co_return patient(id);
        }
        awaitable<result<void>> verify(time_point) override { co_return result<void>(); }
    };
    constexpr int rounds = 300;
    auto const inner = std::make_shared<at_once>();
    config::crosswalk settings;
    settings.max_patients = 5;
    auto const counts = std::make_shared<crosswalk_counts>();
    auto const known = std::make_shared<lookups>(settings, counts);
    std::atomic<int> right = 0;
    auto const work = [&] {
        asio::io_context on;
        auto const all = make_shared_lookups(inner, known, settings);
        for (int i = 0; i < rounds; ++i) {
            auto const id = std::to_string(i % 7);
            auto const found = test::run_on(on, all->resolve(id, clock::now() + 1min));
            right += found && found->ids.front().value == id;
        }
        // Others may still wait for a lookup that this one began.
        on.restart();
        on.run();
    };
    std::thread other(work);
    work();
    other.join();
    CHECK(right == 2 * rounds);
    CHECK(inner->asked <= 2U * rounds);
    CHECK(known->size() == 5);
    CHECK(counts->lookups == 2U * rounds);
}
