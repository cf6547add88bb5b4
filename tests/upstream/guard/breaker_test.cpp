#include "upstream/guard/breaker.hpp"

#include <doctest/doctest.h>

using namespace pons::upstream;
using namespace std::chrono_literals;
using std::chrono::seconds;
using outcome = breaker::outcome;
using change = breaker::change;

namespace {

struct tried {
    std::shared_ptr<breaker> of = std::make_shared<breaker>(3, 10s);
    pons::time_point now{};

    change ends(outcome how)
    {
        auto pass = of->enter(now);
        REQUIRE(pass.has_value());
        return pass->tell(how, now);
    }
    seconds wait()
    {
        auto const pass = of->enter(now);
        return pass ? 0s : pass.error();
    }
};

}  // namespace

TEST_CASE("failures in a row open it, and an answer between them does not let them count")
{
    tried t;
    CHECK(t.ends(outcome::failed) == change::none);
    CHECK(t.ends(outcome::failed) == change::none);
    CHECK(t.ends(outcome::answered) == change::none);
    CHECK(t.ends(outcome::failed) == change::none);
    CHECK(t.ends(outcome::unknown) == change::none);
    CHECK(t.ends(outcome::failed) == change::none);
    CHECK_FALSE(t.of->is_open());
    CHECK(t.ends(outcome::failed) == change::opened);
    CHECK(t.of->is_open());
    CHECK(t.wait() == 10s);
    t.now += 9500ms;
    CHECK(t.wait() == 1s);
}

TEST_CASE("after the pause one tries, and the others wait for what becomes of it")
{
    tried t;
    for (int i = 0; i < 3; ++i)
        t.ends(outcome::failed);
    t.now += 10s;
    auto trial = t.of->enter(t.now);
    REQUIRE(trial.has_value());
    CHECK(t.wait() == 1s);
    SUBCASE("it is answered")
    {
        CHECK(trial->tell(outcome::answered, t.now) == change::closed);
        CHECK(t.wait() == 0s);
        CHECK(t.ends(outcome::failed) == change::none);
    }
    SUBCASE("it fails, and the pause is longer")
    {
        CHECK(trial->tell(outcome::failed, t.now) == change::none);
        CHECK(t.wait() == 20s);
    }
    SUBCASE("it ends for another reason, and the next one tries")
    {
        trial->tell(outcome::unknown, t.now);
        CHECK(t.ends(outcome::answered) == change::closed);
    }
    SUBCASE("it goes without a word")
    {
        {
            auto const gone = std::move(*trial);
        }
        CHECK(t.ends(outcome::answered) == change::closed);
    }
}

TEST_CASE("the pause grows to eight times what is configured, and begins anew after an answer")
{
    tried t;
    for (int i = 0; i < 3; ++i)
        t.ends(outcome::failed);
    for (auto const wait : {10s, 20s, 40s, 80s, 80s}) {
        CHECK(t.wait() == wait);
        t.now += wait;
        t.ends(outcome::failed);
    }
    t.now += 80s;
    CHECK(t.ends(outcome::answered) == change::closed);
    for (int i = 0; i < 3; ++i)
        t.ends(outcome::failed);
    CHECK(t.wait() == 10s);
}

TEST_CASE("requests that began before the pause")
{
    tried t;
    auto early = t.of->enter(t.now);
    auto other = t.of->enter(t.now);
    REQUIRE(early.has_value());
    REQUIRE(other.has_value());
    for (int i = 0; i < 3; ++i)
        t.ends(outcome::failed);
    SUBCASE("do not make it longer")
    {
        t.now += 5s;
        CHECK(early->tell(outcome::failed, t.now) == change::none);
        CHECK(t.wait() == 5s);
    }
    SUBCASE("end it when they are answered")
    {
        CHECK(early->tell(outcome::answered, t.now) == change::closed);
        CHECK(t.wait() == 0s);
    }
}

TEST_CASE("without a number of failures it never opens")
{
    auto const of = std::make_shared<breaker>(0, 10s);
    for (int i = 0; i < 1000; ++i) {
        auto pass = of->enter({});
        REQUIRE(pass.has_value());
        CHECK(pass->tell(outcome::failed, {}) == change::none);
    }
}

TEST_CASE("a trial that lasts longer than the pause keeps nobody out")
{
    tried t;
    for (int i = 0; i < 3; ++i)
        t.ends(outcome::failed);
    t.now += 10s;
    auto slow = t.of->enter(t.now);
    REQUIRE(slow.has_value());
    t.now += 9s;
    CHECK(t.wait() == 1s);
    t.now += 1s;
    SUBCASE("the next one tries, and is answered")
    {
        CHECK(t.ends(outcome::answered) == change::closed);
        SUBCASE("and what the slow one comes to is as good as any other request")
        {
            CHECK(slow->tell(outcome::failed, t.now) == change::none);
            CHECK_FALSE(t.of->is_open());
        }
        SUBCASE("and the slow one leaves it closed")
        {
            CHECK(slow->tell(outcome::unknown, t.now) == change::none);
            CHECK(t.wait() == 0s);
        }
    }
    SUBCASE("the next one fails, and the slow one does not make the pause longer again")
    {
        CHECK(t.ends(outcome::failed) == change::none);
        CHECK(t.wait() == 20s);
        t.now += 5s;
        CHECK(slow->tell(outcome::failed, t.now) == change::none);
        CHECK(t.wait() == 15s);
    }
    SUBCASE("the slow one goes without a word while the next one tries")
    {
        auto const next = t.of->enter(t.now);
        REQUIRE(next.has_value());
        slow->tell(outcome::unknown, t.now);
        CHECK(t.wait() == 1s);
    }
    SUBCASE("the slow one is answered after all")
    {
        auto const next = t.of->enter(t.now);
        REQUIRE(next.has_value());
        CHECK(slow->tell(outcome::answered, t.now) == change::closed);
        CHECK(t.wait() == 0s);
    }
}
