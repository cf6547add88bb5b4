#include "upstream/fan_out.hpp"

#include "tests/support/run.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>
#include <boost/asio/bind_cancellation_slot.hpp>

#include <algorithm>
#include <stdexcept>

using namespace pons;
using namespace pons::upstream;

namespace {

/// Jobs that wait until they are let go, and count what happens to them.
struct jobs {
    asio::io_context& context;
    std::size_t started = 0, ended = 0, running = 0, most = 0, cancelled = 0;
    std::size_t fails_at = ~std::size_t{0};
    bool throws = false;
    bool wait = false;  // for ever

    awaitable<result<void>> operator()(std::size_t index)
    {
        most = std::max(most, ++running);
        ++started;
        auto const here = co_await asio::this_coro::executor;
        steady_timer timer(here, wait ? time_point::max() : time_point::min());
        auto const [error] = co_await timer.async_wait(as_tuple);
        --running;
        ++ended;
        if (error) {
            ++cancelled;
            co_return fail(errc::cancelled);
        }
        if (throws && index == fails_at)
            throw std::runtime_error("a bug");
        if (index >= fails_at)
            co_return fail(errc::refused, std::to_string(index));
        co_return result<void>();
    }
};

}  // namespace

TEST_CASE("all jobs run, so many at a time")
{
    struct {
        std::size_t count, width, most;
    } const cases[] = {{0, 4, 0}, {1, 4, 1}, {10, 1, 1}, {10, 4, 4}, {3, 10, 3}, {10, 0, 1}};
    for (auto const& c : cases) {
        CAPTURE(c.count);
        CAPTURE(c.width);
        asio::io_context context(1);
        jobs all{.context = context};
        CHECK(test::run(context, fan_out(c.count, c.width, all)));
        CHECK(all.started == c.count);
        CHECK(all.ended == c.count);
        CHECK(all.most == c.most);
    }
}

TEST_CASE("the first failure is the result, keeps others from starting and waits for what runs")
{
    for (std::size_t const width : {std::size_t{1}, std::size_t{3}}) {
        CAPTURE(width);
        asio::io_context context(1);
        jobs all{.context = context, .fails_at = 4};
        auto const done = test::run(context, fan_out(20, width, all));
        REQUIRE(!done);
        CHECK(done.error().code == errc::refused);
        CHECK(done.error().where == "4");
        CHECK(all.started <= 4 + width);
        CHECK(all.ended == all.started);
    }
}

TEST_CASE("an exception comes out when all that ran has ended")
{
    for (std::size_t const width : {std::size_t{1}, std::size_t{3}}) {
        CAPTURE(width);
        asio::io_context context(1);
        jobs all{.context = context, .fails_at = 2, .throws = true};
        CHECK_THROWS_AS(test::run(context, fan_out(3, width, all)), std::runtime_error);
        CHECK(all.running == 0);
    }
}

TEST_CASE("cancelling reaches everything that runs and starts nothing more")
{
    for (std::size_t const width : {std::size_t{1}, std::size_t{3}}) {
        CAPTURE(width);
        asio::io_context context(1);
        jobs all{.context = context, .wait = true};
        asio::cancellation_signal gone;
        bool ended = false;
        result<void> outcome;
        asio::co_spawn(context, fan_out(20, width, all),
                       asio::bind_cancellation_slot(gone.slot(), [&](std::exception_ptr e, result<void> done) {
                           ended = true;
                           CHECK(!e);
                           outcome = std::move(done);
                       }));
        context.poll();
        CHECK(all.running == width);
        gone.emit(asio::cancellation_type::terminal);
        context.run();
        CHECK(ended);
        REQUIRE(!outcome);
        CHECK(outcome.error().code == errc::cancelled);
        CHECK(all.started == width);
        CHECK(all.cancelled == width);
    }
}
