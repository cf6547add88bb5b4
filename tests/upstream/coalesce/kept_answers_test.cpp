#include "tests/upstream/coalesce/flying.hpp"
#include "tests/upstream/given_instances.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;
using namespace pons::test::flying;
using namespace std::chrono_literals;
namespace tags = mapping::tags;

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

TEST_CASE("who is to have no kept answer shares what is on its way, and what he gets is kept for others")
{
    keeping t;
    auto const joining = upstream::make_joining(t.inner, t.flights, t.source);
    t.answered(patient("1"));
    auto& own = t.ask(*joining, patient("1"));
    auto& with_him = t.ask(*joining, patient("1"));
    auto& searching = t.ask(patient("1"));
    CHECK(t.inner->asked.size() == 2);
    t.inner->release();
    t.poll();
    for (auto const* const c : {&own, &with_him, &searching})
        CHECK(c->rows.uids == "1.2 1.2 ");
    CHECK(t.ask(patient("1")).rows.uids == "1.2 1.2 ");
    t.answered(*joining, patient("1"));
    CHECK(t.inner->asked.size() == 3);
    SUBCASE("late, he leaves what nobody else waits for")
    {
        auto& late = t.ask_in_vain(*joining, patient("2"));
        REQUIRE(!late.how->has_value());
        CHECK(late.how->error().code == errc::timed_out);
        CHECK(late.how->error().retry_after == 0s);
        t.poll();
        CHECK(t.flights->size() == 0);
    }
    SUBCASE("not what was on its way when something was stored")
    {
        auto& before = t.ask(*joining, patient("3"));
        t.flights->forget_answers();
        auto& after = t.ask(*joining, patient("3"));
        t.inner->release();
        t.poll();
        CHECK(before.rows.uids == "1.4 1.4 ");
        CHECK(after.rows.uids == "1.5 1.5 ");
    }
}
