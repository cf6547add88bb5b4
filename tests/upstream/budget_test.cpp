#include "upstream/budget.hpp"

#include "tests/support/http_stub.hpp"
#include "upstream/cancelling.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <atomic>
#include <thread>

using namespace pons;
using namespace pons::upstream;
using namespace std::chrono_literals;

namespace {

config::limits limits(std::uint32_t slots, std::uint32_t queue_length, std::chrono::milliseconds queue = 10s)
{
    config::limits l;
    l.associations = slots;
    l.queue_length = queue_length;
    l.queue = queue;
    return l;
}

time_point soon()
{
    return clock::now() + 10s;
}

/// Starts an acquisition whose outcome is put into `into`.
void acquire(asio::io_context& on, std::shared_ptr<budget> from, std::optional<result<permit>>& into,
             time_point deadline = soon(), asio::cancellation_slot cancel = {})
{
    asio::co_spawn(on, cancelled_as_value(from->acquire(deadline)),
                   asio::bind_cancellation_slot(
                       cancel, [&into](std::exception_ptr, result<permit> got) { into.emplace(std::move(got)); }));
}

}  // namespace

TEST_CASE("gives permits up to the limit, then first come, first served")
{
    asio::io_context on;
    auto const shared = std::make_shared<budget>("web", limits(2, 8));
    std::optional<result<permit>> got[4];
    for (auto& one : got)
        acquire(on, shared, one);
    on.poll();
    CHECK(got[0].has_value());
    CHECK(got[1].has_value());
    CHECK_FALSE(got[2].has_value());
    CHECK(shared->in_use() == 2);
    CHECK(shared->waiting() == 2);

    got[1].reset();
    on.poll();
    REQUIRE(got[2].has_value());
    CHECK(got[2]->has_value());
    CHECK_FALSE(got[3].has_value());

    got[0].reset();
    on.poll();
    CHECK(got[3].has_value());
    got[2].reset();
    got[3].reset();
    CHECK(shared->in_use() == 0);
}

TEST_CASE("refuses when the queue is full, and says when to come again")
{
    asio::io_context on;
    auto const shared = std::make_shared<budget>("web", limits(1, 1));
    std::optional<result<permit>> got[3];
    for (auto& one : got)
        acquire(on, shared, one);
    on.poll();
    REQUIRE(got[2].has_value());
    REQUIRE_FALSE(got[2]->has_value());
    CHECK(got[2]->error().code == errc::overloaded);
    CHECK(got[2]->error().retry_after >= 1s);
    CHECK(got[2]->error().where == "source web: the queue is full");
}

TEST_CASE("gives up after the patience of the queue, or at the deadline")
{
    asio::io_context on;
    auto const shared = std::make_shared<budget>("web", limits(1, 8, 20ms));
    auto const mine = test::run_on(on, cancelled_as_value(shared->acquire(soon())));
    REQUIRE(mine.has_value());

    auto const patient = test::run_on(on, cancelled_as_value(shared->acquire(soon())));
    REQUIRE_FALSE(patient.has_value());
    CHECK(patient.error().code == errc::overloaded);
    CHECK(patient.error().retry_after >= 1s);

    auto const hurried = test::run_on(on, cancelled_as_value(shared->acquire(clock::now() + 5ms)));
    REQUIRE_FALSE(hurried.has_value());
    CHECK(hurried.error().code == errc::timed_out);
    CHECK(shared->waiting() == 0);
}

TEST_CASE("a waiter that is cancelled leaves the queue")
{
    asio::io_context on;
    auto const shared = std::make_shared<budget>("web", limits(1, 8));
    std::optional<result<permit>> got[3];
    asio::cancellation_signal cancel;
    acquire(on, shared, got[0]);
    acquire(on, shared, got[1], soon(), cancel.slot());
    acquire(on, shared, got[2]);
    on.poll();
    CHECK(shared->waiting() == 2);

    SUBCASE("before its turn")
    {
        cancel.emit(asio::cancellation_type::terminal);
        on.poll();
        REQUIRE(got[1].has_value());
        CHECK(got[1]->error().code == errc::cancelled);
        CHECK(shared->waiting() == 1);
        got[0].reset();
    }
    SUBCASE("at the very moment of its turn: the permit goes on to the next")
    {
        got[0].reset();
        cancel.emit(asio::cancellation_type::terminal);
        on.poll();
        REQUIRE(got[1].has_value());
        CHECK(got[1]->error().code == errc::cancelled);
    }
    on.poll();
    REQUIRE(got[2].has_value());
    CHECK(got[2]->has_value());
}

TEST_CASE("a waiter whose context goes away gives up its place")
{
    auto const shared = std::make_shared<budget>("web", limits(1, 8));
    asio::io_context here;
    std::optional<result<permit>> mine;
    acquire(here, shared, mine);
    here.poll();
    std::optional<result<permit>> other;
    {
        asio::io_context there;
        acquire(there, shared, other);
        there.poll();
        CHECK(shared->waiting() == 1);
    }
    CHECK(shared->waiting() == 0);
    mine.reset();
    CHECK(shared->in_use() == 0);
}

TEST_CASE("workers on several threads never use more than the limit")
{
    constexpr unsigned slots = 3;
    constexpr int rounds = 200;
    auto const shared = std::make_shared<budget>("web", limits(slots, 1000));
    std::atomic<unsigned> in_use = 0;
    std::atomic<unsigned> most = 0;
    std::atomic<int> done = 0;

    auto const one = [&](std::shared_ptr<budget> from) -> awaitable<void> {
        for (int i = 0; i < rounds; ++i) {
            result<permit> const mine = co_await from->acquire(soon());
            if (!mine)
                co_return;
            auto const now = ++in_use;
            for (auto seen = most.load(); seen < now && !most.compare_exchange_weak(seen, now);) {
            }
            co_await asio::post(use_awaitable);
            --in_use;
            ++done;
        }
    };
    auto const work = [&] {
        asio::io_context on;
        for (int i = 0; i < 4; ++i)
            asio::co_spawn(on, one(shared), [](std::exception_ptr) {});
        on.run();
    };
    std::thread other(work);
    work();
    other.join();
    CHECK(done == 2 * 4 * rounds);
    CHECK(most <= slots);
    CHECK(shared->in_use() == 0);
}
