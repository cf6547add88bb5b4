#include "upstream/capped/row_limit.hpp"

#include <doctest/doctest.h>

#include <chrono>

using pons::time_point;
using pons::mapping::level;
using enum pons::upstream::row_limit::verdict;

namespace {

constexpr time_point now{};

/// Each answer another one, and all to the same question, unless it is said.
struct row_limit : pons::upstream::row_limit {
    using pons::upstream::row_limit::row_limit;
    verdict judge(level at, std::uint32_t rows, std::size_t print = 0, time_point when = now, std::size_t question = 1)
    {
        return pons::upstream::row_limit::judge(at, rows, question, print != 0 ? print : ++prints, when);
    }
    /// An answer to a question.
    verdict asked(std::size_t question, std::uint32_t rows, time_point when = now, level at = level::study)
    {
        return judge(at, rows, 0, when, question);
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
    limit.is_whole(level::study, 40, 7, now);
    CHECK(limit.judge(level::study, 40, 7) == whole);
    CHECK(limit.judge(level::study, 40, 8) == doubtful);  // forty may be all, and the limit too
    CHECK(limit.judge(level::study, 40, 7, now + row_limit::stays_whole) == doubtful);
    CHECK(limit.judge(level::study, 41) == doubtful);
    CHECK(limit.judge(level::study, 40, 8) == whole);
    limit.gave(level::study, 50, now);
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
    limit.learn(level::study, 50, now);
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
    limit.learn(level::study, 10, now);
    CHECK(limit.rows() == 200);
    CHECK(!limit.is_learned());
    CHECK(!limit.is_suspect(level::instance, 100, 1, now));
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
        CHECK(!limit.is_suspect(level::instance, c.rows, 1, now));
        CHECK(!limit.is_suspect(level::instance, c.rows, 1, now));  // the same question
        CHECK(limit.is_suspect(level::instance, c.rows, 3, now) == c.suspect);
        limit.judge(level::instance, c.rows + 1);
        CHECK(!limit.is_suspect(level::instance, c.rows, 5, now));
    }
}

TEST_CASE("where counts contradict, a long answer is only one of the same level")
{
    row_limit limit("test");
    limit.judge(level::study, 600);
    limit.judge(level::instance, 500);
    CHECK(limit.may_be(level::instance, 500, now));
    CHECK(!limit.may_be(level::study, 500, now));
    CHECK(limit.may_be(level::study, 600, now));
    limit.judge(level::instance, 501);
    CHECK(!limit.may_be(level::instance, 500, now));
    CHECK(!limit.may_be(level::instance, row_limit::never_a_limit - 1, now));
}

TEST_CASE("a limit may be set while Pons runs: an answer proves for an hour that there is none below it")
{
    using namespace std::chrono_literals;
    row_limit limit("test");
    CHECK(limit.judge(level::study, 203) == doubtful);
    CHECK(limit.judge(level::study, 47, 0, now + 59min) == whole);
    CHECK(limit.may_be(level::study, 190, now + 59min) == false);
    CHECK(limit.judge(level::study, 47, 0, now + 1h) == doubtful);
    CHECK(limit.may_be(level::study, 190, now + 1h));
    limit.learn(level::study, 47, now + 1h);
    CHECK(limit.judge(level::study, 46, 0, now + 1h) == whole);
    CHECK(limit.judge(level::study, 31, 0, now + 2h) == doubtful);  // it may have been lowered
    CHECK(limit.judge(level::study, 47, 0, now + 2h) == cut);
}

TEST_CASE("two questions that bring as many rows are suspect, whatever was longer before the first of them")
{
    using namespace std::chrono_literals;
    row_limit limit("test");
    CHECK(limit.asked(1, 203) == doubtful);
    CHECK(limit.asked(2, 47) == whole);
    CHECK(limit.asked(2, 47) == whole);  // the same one
    CHECK(limit.asked(3, 46) == whole);
    CHECK(limit.asked(0, 47) == whole);  // a part of one
    CHECK(limit.asked(3, 47) == doubtful);
    CHECK(limit.asked(3, 48) == whole);  // more than that came
    CHECK(limit.asked(4, 47) == whole);
    CHECK(limit.asked(5, 47) == doubtful);
    limit.is_whole(level::study, 47, 9, now);
    CHECK(limit.asked(6, 47) == whole);  // that would be odd
    CHECK(limit.asked(7, 47, now + 10min) == doubtful);
    CHECK(limit.asked(8, 19) == whole);
    CHECK(limit.asked(9, 19) == whole);
    // Of a series as many as of another one is nothing special; counts tell, and round numbers.
    CHECK(limit.asked(1, 300, now, level::instance) == doubtful);
    CHECK(limit.asked(1, 120, now, level::instance) == whole);
}

TEST_CASE("a number that somebody may have chosen is worth a look, for studies")
{
    for (std::uint32_t const rows : {32u, 50u, 100u, 200u, 256u}) {
        CAPTURE(rows);
        row_limit limit("test");
        limit.gave(level::study, 1001, now);
        CHECK(limit.asked(1, rows) == unlikely);
        CHECK(limit.judge(level::instance, rows) == whole);
        limit.stays_open(level::study, rows, now);
        CHECK(limit.asked(2, rows) == whole);
    }
}

TEST_CASE("few rows are worth a look when two questions bring as many and none brings more")
{
    row_limit limit("test");
    CHECK(limit.asked(1, 4) == whole);
    CHECK(limit.asked(2, 4) == whole);
    CHECK(limit.asked(1, 15) == whole);
    CHECK(limit.asked(1, 15) == whole);
    CHECK(limit.asked(2, 15) == unlikely);
    CHECK(limit.asked(2, 16) == whole);
    CHECK(limit.asked(1, 15) == whole);
}
