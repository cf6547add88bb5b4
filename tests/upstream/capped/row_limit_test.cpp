#include "upstream/capped/row_limit.hpp"

#include <doctest/doctest.h>

using pons::time_point;
using pons::mapping::level;
using enum pons::upstream::row_limit::verdict;

namespace {

constexpr time_point now{};

/// Each answer another one, unless it is said.
struct row_limit : pons::upstream::row_limit {
    using pons::upstream::row_limit::row_limit;
    verdict judge(level at, std::uint32_t rows, std::size_t print = 0, time_point when = now)
    {
        return pons::upstream::row_limit::judge(at, rows, print != 0 ? print : ++prints, when);
    }
    std::size_t prints = 1000;
};

}  // namespace

TEST_CASE("only the longest answers are doubted, and those of less than twenty rows never")
{
    row_limit limit("test");
    CHECK(limit.judge(level::study, 19) == whole);
    CHECK(limit.judge(level::study, 40) == doubtful);
    CHECK(limit.judge(level::study, 40) == doubtful);  // nothing was found out
    CHECK(limit.judge(level::study, 39) == whole);
    limit.is_whole(7, now);
    CHECK(limit.judge(level::study, 40, 7) == whole);
    CHECK(limit.judge(level::study, 40, 8) == doubtful);  // forty may be all, and the limit too
    CHECK(limit.judge(level::study, 40, 7, now + row_limit::stays_whole) == doubtful);
    CHECK(limit.judge(level::study, 41) == doubtful);
    CHECK(limit.judge(level::study, 40, 8) == whole);
    limit.gave(level::study, 50);
    CHECK(limit.judge(level::study, 49) == whole);
    CHECK(limit.judge(level::study, 50) == doubtful);
    CHECK(limit.rows() == 0);
    CHECK(limit.hint().empty());
}

TEST_CASE("what archives give of studies they give of instances too")
{
    row_limit limit("test");
    CHECK(limit.judge(level::instance, 100) == doubtful);
    CHECK(limit.judge(level::study, 200) == doubtful);
    CHECK(limit.judge(level::instance, 150) == whole);
    CHECK(limit.judge(level::series, 300) == doubtful);
    CHECK(limit.judge(level::study, 250) == doubtful);  // but not the other way round
}

TEST_CASE("a limit that was learned holds at all levels until more rows come")
{
    auto const before = row_limit::learned_so_far();
    row_limit limit("test");
    CHECK(limit.judge(level::study, 50) == doubtful);
    limit.learn(50);
    CHECK(limit.rows() == 50);
    CHECK(limit.is_learned());
    CHECK(row_limit::learned_so_far() == before + 1);
    CHECK(limit.hint() == ", which seems to stop at 50 rows: set quirks.max_results");
    for (auto const at : {level::study, level::series, level::instance}) {
        CHECK(limit.judge(at, 50) == cut);
        CHECK(limit.judge(at, 49) == whole);
    }
    CHECK(limit.judge(level::instance, 80) == whole);  // not there
    CHECK(limit.judge(level::instance, 50) == whole);
    CHECK(limit.judge(level::study, 50) == cut);
    CHECK(limit.judge(level::study, 51) == doubtful);  // not at all
    CHECK(limit.rows() == 0);
}

TEST_CASE("what is configured is believed")
{
    row_limit limit("test", 200);
    CHECK(limit.judge(level::study, 199) == whole);
    CHECK(limit.judge(level::study, 200) == cut);
    CHECK(limit.judge(level::series, 300) == cut);
    limit.learn(10);
    CHECK(limit.rows() == 200);
    CHECK(!limit.is_learned());
    CHECK(!limit.is_suspect(level::instance, 100, 1));
}

TEST_CASE("an archive that refuses or says what it holds back is not doubted")
{
    row_limit limit("test");
    limit.says(60);
    CHECK(limit.judge(level::study, 60) == whole);
    CHECK(limit.longest_answer() == 60);
    CHECK(limit.rows() == 0);
    CHECK(limit.judge(level::study, 61) == whole);
    CHECK(limit.longest_answer() == 0);
}

TEST_CASE("below studies a round number that was the longest answer to two questions is suspect")
{
    struct {
        std::uint32_t rows;
        bool suspect;
    } const cases[] = {{100, true}, {250, true}, {64, true}, {512, true}, {120, false}, {63, false}, {16, false}};
    for (auto const& c : cases) {
        CAPTURE(c.rows);
        row_limit limit("test");
        limit.judge(level::instance, c.rows);
        CHECK(!limit.is_suspect(level::instance, c.rows, 1));
        CHECK(!limit.is_suspect(level::instance, c.rows, 1));  // the same question
        CHECK(limit.is_suspect(level::instance, c.rows, 3) == c.suspect);
        limit.judge(level::instance, c.rows + 1);
        CHECK(!limit.is_suspect(level::instance, c.rows, 5));
    }
}

TEST_CASE("where counts contradict, a long answer is only one of the same level")
{
    row_limit limit("test");
    limit.judge(level::study, 600);
    limit.judge(level::instance, 500);
    CHECK(limit.may_be(level::instance, 500));
    CHECK(!limit.may_be(level::study, 500));
    CHECK(limit.may_be(level::study, 600));
    limit.judge(level::instance, 501);
    CHECK(!limit.may_be(level::instance, 500));
    CHECK(!limit.may_be(level::instance, row_limit::never_a_limit - 1));
}
