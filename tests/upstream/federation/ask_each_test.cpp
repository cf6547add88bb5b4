#include "upstream/federation/ask_each.hpp"

#include "tests/support/run.hpp"
#include "upstream/errc.hpp"
#include "upstream/federation/partial_answer.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace std::chrono_literals;

namespace {

struct part {
    upstream::searched_source* source;
    result<int> found = 0;
};

upstream::searched_source make_source(std::string name, std::chrono::milliseconds patience)
{
    auto facts = std::make_shared<mapping::source_facts>();
    facts->name = std::move(name);
    upstream::searched_source source{.where = nullptr, .facts = std::move(facts), .abilities = {}};
    source.patience = patience;
    return source;
}

}  // namespace

TEST_CASE("a source has its own time, and leaves the others a quarter of what is left")
{
    auto const patient = make_source("a", 1h);
    auto const hurried = make_source("b", 10s);
    auto const now = clock::now();
    auto const deadline = now + 100s;
    CHECK(upstream::own_deadline(patient, 1, deadline) == deadline);
    CHECK(upstream::own_deadline(hurried, 1, deadline) == deadline);
    CHECK(upstream::own_deadline(patient, 2, deadline) >= now + 75s);
    CHECK(upstream::own_deadline(patient, 2, deadline) < deadline - 20s);
    CHECK(upstream::own_deadline(hurried, 2, deadline) >= now + 10s);
    CHECK(upstream::own_deadline(hurried, 2, deadline) < now + 70s);
    CHECK(upstream::own_deadline(patient, 2, now - 1s) == now - 1s);
}

TEST_CASE("one that does not answer holds the others no longer than its own time")
{
    auto a = make_source("a", 1h);
    auto b = make_source("b", 5ms);
    std::vector<part> parts{{&a}, {&b}};
    asio::io_context context{1};
    auto const ask = [&](part& p, time_point until) -> awaitable<result<void>> {
        if (p.source == &a) {
            p.found = 1;
            co_return result<void>();
        }
        steady_timer timer(context, until);
        co_await timer.async_wait(use_awaitable);
        p.found = fail(upstream::errc::timed_out, "source b");
        co_return result<void>();
    };
    // An hour, which nobody waits for.
    CHECK(test::run(context, upstream::ask_each(parts, clock::now() + 1h, ask)));
    auto const answer = config::partial_federation::answer;
    auto const missing = upstream::find_missing(parts, answer, [](int n) { return n != 0; });
    REQUIRE(missing);
    REQUIRE(missing->size() == 1);
    CHECK(missing->front() == &parts[1]);
    auto const refuse = config::partial_federation::refuse;
    CHECK_FALSE(upstream::find_missing(parts, refuse, [](int n) { return n != 0; }));
    CHECK_FALSE(upstream::find_missing(parts, answer, [](int) { return false; }));
}
