#include "tests/upstream/coalesce/flying.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;
using namespace pons::test::flying;
using namespace std::chrono_literals;

TEST_CASE("who comes back for a search finds all that it used, however long ago")
{
    keeping t;
    {
        auto const search = t.search();
        t.answered(*search, patient("1"));
        *t.now += 59s;
        t.answered(*search, patient("2"));
        *t.now += 1s;
        t.ask_in_vain(*search, patient("3"));
    }
    t.inner->release();
    t.poll();
    *t.now += 9s;
    for (auto const* const id : {"1", "2", "3"}) {
        auto const& back = t.ask(patient(id));
        REQUIRE(back.how.has_value());
        CHECK(back.rows.uids == "1." + std::string(id) + " 1." + id + " ");
    }
    CHECK(t.inner->asked.size() == 3);
    *t.now += 1s;
    CHECK(t.answered(patient("1")).rows.uids == "1.4 1.4 ");
}

TEST_CASE("of several sources of a search one is late: what the others answered is there again, too")
{
    keeping one, other;
    auto used = std::make_shared<upstream::used_answers>();
    auto first = one.search(used);
    auto second = upstream::make_coalescing(other.inner, other.flights, other.source, used);
    one.answered(*first, patient("1"));
    *one.now += 60s;
    other.ask_in_vain(*second, patient("1"));
    first.reset();
    second.reset();
    CHECK(used.use_count() == 1);
    used.reset();
    CHECK(one.ask(patient("1")).how.has_value());
    CHECK(one.inner->asked.size() == 1);
}

TEST_CASE(
    "while a search runs nobody else gets what it used for longer than usual, and nothing stays when it has ended")
{
    keeping t;
    auto search = t.search();
    t.answered(*search, patient("1"));
    *t.now += 5s;
    SUBCASE("not another search either; the later answer is the one that stays")
    {
        CHECK(t.answered(patient("1")).rows.uids == "1.2 1.2 ");
        t.ask_in_vain(*search, patient("2"));
        search.reset();
        *t.now += 9s;
        CHECK(t.ask(patient("1")).rows.uids == "1.2 1.2 ");
        t.inner->release();
        t.poll();
        *t.now += 10s;
        t.inner->fails = errc::aborted;
        t.answered(patient("4"));
        CHECK(t.flights->bytes() == 0);
    }
    SUBCASE("an answer that is on its way just then stays, too")
    {
        auto& later = t.ask(patient("1"));
        t.ask_in_vain(*search, patient("2"));
        search.reset();
        t.inner->release();
        t.poll();
        CHECK(later.rows.uids == "1.2 1.2 ");
        *t.now += 9s;
        CHECK(t.ask(patient("1")).rows.uids == "1.2 1.2 ");
    }
    SUBCASE("it ends well")
    {
        CHECK(t.flights->bytes() != 0);
        search.reset();
        CHECK(t.answered(patient("1")).rows.uids == "1.2 1.2 ");
        *t.now += 5s;
        t.inner->fails = errc::aborted;
        t.answered(patient("2"));
        CHECK(t.flights->bytes() == 0);
    }
    SUBCASE("its client leaves")
    {
        auto& gone = t.ask(*search, patient("2"));
        gone.cancel.emit(asio::cancellation_type::terminal);
        t.poll();
        search.reset();
        CHECK(t.answered(patient("1")).rows.uids == "1.3 1.3 ");
    }
    CHECK(t.flights->size() == 0);
}

TEST_CASE("what a search has used counts, and does not make room for what it does not need")
{
    keeping measured;
    measured.answered(patient("1"));
    auto const most = 2 * measured.flights->bytes() + measured.flights->bytes() / 2;

    keeping t(most);
    t.answered(patient("0"));
    {
        auto const search = t.search();
        for (auto const* const id : {"1", "2", "3", "4"}) {
            t.answered(*search, patient(id));
            CHECK(t.flights->bytes() <= most);
        }
        t.answered(patient("5"));
        CHECK(t.flights->bytes() <= most);
        t.ask_in_vain(*search, patient("6"));
    }
    CHECK(t.ask(patient("1")).how.has_value());
    CHECK(t.ask(patient("2")).how.has_value());
    CHECK(t.inner->asked.size() == 7);
    // Its time is over, or another needs the room more: then it goes.
    t.inner->release();
    t.answered(patient("7"));
    t.answered(patient("8"));
    CHECK(t.flights->bytes() <= most);
    CHECK(t.ask(patient("8")).how.has_value());
    CHECK(t.inner->asked.size() == 9);
}

TEST_CASE("what a search used is not shown again")
{
    keeping t;
    auto search = t.search();
    t.answered(*search, patient("1"));
    SUBCASE("when the archive has changed")
    {
        t.flights->forget_answers();
        CHECK(t.flights->bytes() == 0);
        t.ask_in_vain(*search, patient("2"));
        search.reset();
        CHECK(t.answered(patient("1")).rows.uids == "1.3 1.3 ");
    }
    SUBCASE("when it is ten minutes old, however often the search is tried")
    {
        int tries = 0;
        for (; t.inner->asked.size() < 40; ++tries) {
            t.ask_in_vain(*search, patient("slow"));
            search = t.search();
            *t.now += 9s;
            if (t.ask(*search, patient("1"), 1ms).rows.uids != "1.1 1.1 ")
                break;
        }
        CHECK(tries == 66);  // 67 times 9 s
    }
    SUBCASE("where nothing is kept")
    {
        keeping none(0);
        auto other = none.search();
        none.answered(*other, patient("1"));
        CHECK(none.ask_in_vain(*other, patient("2")).how->error().retry_after == 0s);
        other.reset();
        CHECK(none.answered(patient("1")).rows.uids == "1.3 1.3 ");
    }
}

TEST_CASE("an answer that cannot be given out again is given up, and no more than that")
{
    keeping t;
    bool fails = false;
    upstream::answer_bounds const most{.size = 1024 * 1024, .time = 5s, .empty_time = 1s, .awaited_time = 10s};
    t.flights = std::make_shared<upstream::flights>(most, [now = t.now, &fails] {
        if (fails)
            throw std::bad_alloc();
        return *now;
    });
    auto search = t.search();
    t.answered(*search, patient("1"));
    t.ask_in_vain(*search, patient("2"));
    fails = true;
    search.reset();
    fails = false;
    t.inner->release();
    t.poll();
    *t.now += 11s;
    t.archive = upstream::make_coalescing(t.inner, t.flights, t.source);
    t.inner->fails = errc::aborted;
    t.answered(patient("4"));
    CHECK(t.flights->bytes() == 0);
}
