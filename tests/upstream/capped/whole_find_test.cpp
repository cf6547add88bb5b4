#include "tests/upstream/capped/bench.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::upstream;
using namespace pons::mapping;
using namespace pons::test::capped;

TEST_CASE("an answer below any limit costs its one query and goes through as it is")
{
    bench b{.stored = make_studies(19, 1)};
    auto const all = b.find({});
    REQUIRE(all);
    CHECK(all->rows == 19);
    CHECK(!all->truncated);
    CHECK(b.log.requests.size() == 1);
}

TEST_CASE("a limit that is known, announced, refused by or found out costs queries, not studies")
{
    struct {
        char const* name;
        test::quirks how;
        std::size_t most_queries;
    } const cases[] = {
        {"known", {.matching = {.empty_value_matching = true}, .cap = 30}, 55},
        {"announced", {.matching = {.empty_value_matching = true}, .cap = 30, .cap_is_announced = true}, 55},
        {"refused", {.matching = {.empty_value_matching = true}, .refuses_above = 30}, 90},
        {"not known", {.matching = {.empty_value_matching = true}, .cap = 30, .cap_is_known = false}, 58},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        for (auto const a_day : {std::size_t{1}, std::size_t{4}, std::size_t{29}}) {
            CAPTURE(a_day);
            bench b{.stored = make_studies(400, a_day), .how = c.how};
            b.stored.push_back(test::plain_study(1000, ""));
            auto const all = b.find({});
            REQUIRE(all);
            CHECK(b.rows.uids.size() == 401);
            CHECK(!all->truncated);
            CHECK(all->queries <= c.most_queries);
            auto const some = b.find({{tags::PatientID, {"P7"}}});
            REQUIRE(some);
            CHECK(b.rows.uids.size() == 4);
            CHECK(some->queries == 1);
        }
    }
}

TEST_CASE("a limit is found out whatever the archive gives first")
{
    for (auto const* const order : {"newest first", "oldest first", "any"}) {
        CAPTURE(order);
        bench b{.stored = make_studies(90, 2), .how = {.cap = 25, .cap_is_known = false}};
        if (order[0] == 'o')
            std::ranges::reverse(b.stored);
        for (std::size_t i = 0; order[0] == 'a' && i < b.stored.size(); ++i)
            std::swap(b.stored[i], b.stored[(i * 37 + 11) % b.stored.size()]);
        auto const all = b.find(dated("20240101-"));
        REQUIRE(all);
        CHECK(b.rows.uids.size() == 90);
        CHECK(!all->truncated);
        CHECK(b.limit->rows() == 25);
        CHECK(b.limit->is_learned());
    }
}

TEST_CASE("an archive without a limit is examined once for each answer that is longer than all before")
{
    bench b{.stored = make_studies(1000, 5)};
    struct {
        char const* dates;
        std::size_t studies;
        std::size_t queries;
    } const cases[] = {
        {"20241228-", 20, 3},  // both halves
        {"20241228-", 20, 1},  {"20241202-20241204", 15, 1}, {"20241101-", 305, 3},
        {"20240901-", 610, 3}, {"20241001-", 460, 1},        {"20241231", 5, 1},
    };
    for (auto const& c : cases) {
        CAPTURE(c.dates);
        auto const some = b.find(dated(c.dates));
        REQUIRE(some);
        CHECK(some->rows == c.studies);
        CHECK(!some->truncated);
        CHECK(b.log.requests.size() == c.queries);
    }
    CHECK(b.limit->rows() == 0);
}

TEST_CASE("a study that arrives while an answer is examined is no limit")
{
    bench b{.stored = make_studies(40, 2)};
    struct arriving final : row_sink {
        explicit arriving(bench& b_) : to(b_) {}
        void row(data_set&&) override
        {
            if (++rows == 40)
                to.stored.push_back(test::plain_study(999, "20241220", "120000"));
        }
        bench& to;
        std::size_t rows = 0;
    } sink(b);
    auto const whole =
        make_whole_finding(std::make_unique<test::scripted_archive>(b.stored, b.how, b.log), b.limit, b.source);
    auto const request = search::to_find_request({}, {}, nullptr);
    auto const all = test::run(whole->find(request, sink, time_point::max()));
    REQUIRE(all);
    CHECK(sink.rows == 41);
    CHECK(!all->truncated);
    CHECK(b.limit->rows() == 0);
}

TEST_CASE("a day with more than the limit is had by its hours")
{
    struct {
        char const* name;
        std::size_t studies;
        std::size_t a_day;
        bool empty_values;
        std::set<tag> ignored;
        bool whole;
        std::size_t at_least;
    } const cases[] = {
        {"hours", 90, 90, true, {}, true, 90},
        {"a day among others", 300, 90, true, {}, true, 300},
        {"those without a time cannot be asked for", 90, 90, false, {}, false, 90},
        {"times are ignored", 90, 90, true, {tags::StudyTime}, false, 30},
        {"dates are ignored", 90, 9, true, {tags::StudyDate}, false, 30},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        bench b{.stored = make_studies(c.studies, c.a_day),
                .how = {.matching = {.empty_value_matching = c.empty_values}, .ignored = c.ignored, .cap = 30}};
        auto const all = b.find(dated("20200101-"));
        REQUIRE(all);
        CHECK(all->truncated == !c.whole);
        CHECK(b.rows.uids.size() >= c.at_least);
        CHECK(b.log.requests.size() <= 120);
    }
}

TEST_CASE("half an hour with more than the limit is asked for by modality, and that is told")
{
    bench b{.stored = make_studies(60, 1000), .how = {.matching = {.empty_value_matching = true}, .cap = 30}};
    for (std::size_t n = 0; n < b.stored.size(); ++n) {
        auto& a = b.stored[n].attributes;
        a = test::plain_study(n + 1, "20241231", "081500").attributes;
        data_set other;
        a.for_each([&](tag t, vr, bool) {
            if (t != tags::ModalitiesInStudy)
                other.add(t, a.text(t));
        });
        other.add(tags::ModalitiesInStudy, n % 3 == 0 ? "CT" : n % 3 == 1 ? "MR" : "US");
        a = std::move(other);
    }
    auto const all = b.find(dated("20241231"));
    REQUIRE(all);
    CHECK(b.rows.uids.size() == 60);
    CHECK(all->truncated);
}

TEST_CASE("studies without a date are told of where they cannot be asked for")
{
    for (bool const empty_values : {true, false}) {
        CAPTURE(empty_values);
        bench b{.stored = make_studies(70, 1), .how = {.matching = {.empty_value_matching = empty_values}, .cap = 30}};
        b.stored.push_back(test::plain_study(1000, ""));
        auto const all = b.find({});
        REQUIRE(all);
        CHECK(b.rows.uids.size() == (empty_values ? 71 : 70));
        CHECK(all->truncated == !empty_values);
        auto const in_range = b.find(dated("20200101-"));
        REQUIRE(in_range);
        CHECK(!in_range->truncated);
    }
}

TEST_CASE("an archive that cannot be asked for parts is not believed when its answer may be cut")
{
    struct {
        char const* name;
        test::quirks how;
        std::vector<test::stored_study> stored;
    } const cases[] = {
        {"dates are ignored", {.ignored = {tags::StudyDate}}, make_studies(40, 1)},
        {"dates are not told", {.dropped = {tags::StudyDate}}, make_studies(40, 1)},
        {"one day, and times are ignored", {.ignored = {tags::StudyTime}}, make_studies(40, 40)},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        bench b{.stored = c.stored, .how = c.how};
        auto const all = b.find({});
        REQUIRE(all);
        CHECK(all->rows == 40);
        CHECK(all->truncated);
        CHECK(b.log.requests.size() <= 4);
        b.limit = std::make_shared<row_limit>("test", 1'000'000);
        auto const told = b.find({});
        REQUIRE(told);
        CHECK(!told->truncated);
        CHECK(told->queries == 1);
    }
}

TEST_CASE("one busy day of many is no reason to doubt when the days around it bring more")
{
    bench b{.stored = make_studies(120, 40), .how = {.ignored = {tags::StudyTime}}};
    auto const day = b.find(dated("20241230"));
    REQUIRE(day);
    CHECK(day->rows == 40);
    CHECK(!day->truncated);
    CHECK(b.log.requests.size() == 2);
    CHECK(b.log.requests.back().max_rows == 41);
}

TEST_CASE("a list of UIDs is asked for in halves")
{
    bench b{.stored = make_studies(100, 10), .how = {.cap = 30}};
    std::vector<std::string> uids;
    for (int n = 1; n <= 100; ++n)
        uids.push_back("2.25.9173." + std::to_string(n));
    auto const all = b.find({{tags::StudyInstanceUID, uids}});
    REQUIRE(all);
    CHECK(b.rows.uids.size() == 100);
    CHECK(!all->truncated);
    CHECK(all->queries == 7);
    b.how.cap_is_known = false;
    b.limit = test::make_limit(b.how);
    auto const again = b.find({{tags::StudyInstanceUID, uids}});
    REQUIRE(again);
    CHECK(b.rows.uids.size() == 100);
    CHECK(!again->truncated);
    CHECK(b.limit->rows() == 30);
}

TEST_CASE("an archive that was too busy once is doubted as before")
{
    for (auto const a_day : {std::size_t{2}, std::size_t{45}}) {
        CAPTURE(a_day);
        bench b{.stored = make_studies(120, a_day),
                .how = {.matching = {.empty_value_matching = true}, .cap = 30, .cap_is_known = false},
                .refused = {1}};
        auto const parts = b.find(dated("20200101-"));
        REQUIRE(parts);
        CHECK((parts->truncated || b.rows.uids.size() == 120));
        b.limit = test::make_limit(b.how);
        b.stored.push_back(test::plain_study(1000, ""));
        auto const some = b.find({{tags::PatientID, {"P7"}}});  // refused, and few of a part
        REQUIRE(some);
        CHECK(!some->truncated);
        b.refused = {};
        auto const all = b.find({});
        REQUIRE(all);
        CHECK(!all->truncated);
        CHECK(b.rows.uids.size() == 121);
        CHECK(b.limit->rows() == 30);
    }
}

TEST_CASE("what is whole for one question need not be for another that brings the same")
{
    bench b{.stored = make_studies(100, 4), .how = {.cap = 40, .cap_is_known = false}};
    auto const days = b.find(dated("20241222-"));
    REQUIRE(days);
    CHECK(days->rows == 40);
    CHECK(!days->truncated);
    auto const again = b.find(dated("20241222-"));
    REQUIRE(again);
    CHECK(again->queries == 1);
    auto const all = b.find(dated("20200101-"));
    REQUIRE(all);
    CHECK(b.rows.uids.size() == 100);
    CHECK(b.limit->rows() == 40);
}

TEST_CASE("a list of which the rest was not looked for is not known to be whole")
{
    struct {
        char const* name;
        std::set<std::size_t> refused;
        std::set<tag> ignored;
    } const cases[] = {
        {"the question for the rest is refused", {2}, {}},
        {"the archive ignores UIDs", {}, {tags::StudyInstanceUID}},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        bench b{.stored = make_studies(100, 10),
                .how = {.ignored = c.ignored, .cap = 30, .cap_is_known = false},
                .refused = c.refused};
        std::vector<std::string> uids;
        for (int n = 1; n <= 60; ++n)
            uids.push_back("2.25.9173." + std::to_string(n));
        auto const all = b.find({{tags::StudyInstanceUID, uids}});
        REQUIRE(all);
        CHECK(all->truncated);
        CHECK(b.rows.uids.size() >= 30);
    }
}

TEST_CASE("a limit that is set while Pons runs is found out")
{
    struct {
        char const* name;
        std::uint32_t cap;
        std::size_t unseen;  ///< questions that are cut before it shows
    } const cases[] = {{"a round number", 50, 0}, {"any number", 47, 1}};
    for (auto const& c : cases) {
        CAPTURE(c.name);
        bench b{.stored = make_studies(400, 2), .how = {.cap = 0, .cap_is_known = false}};
        auto const before = b.find(dated("20200101-"));
        REQUIRE(before);
        CHECK(b.rows.uids.size() == 400);
        b.how.cap = c.cap;
        std::size_t unseen = 0;
        for (auto const* const dates : {"20241001-", "20240901-", "20241102-"}) {
            auto const some = b.find(dated(dates));
            REQUIRE(some);
            CHECK(!some->truncated);
            unseen += b.rows.uids.size() == c.cap ? 1 : 0;
        }
        CHECK(unseen == c.unseen);
        CHECK(b.limit->rows() == c.cap);
    }
}

TEST_CASE("a limit that is lowered is found out")
{
    bench b{.stored = make_studies(400, 2), .how = {.cap = 120, .cap_is_known = false}};
    REQUIRE(b.find(dated("20200101-")));
    CHECK(b.limit->rows() == 120);
    b.how.cap = 31;
    REQUIRE(b.find(dated("20241201-")));  // nothing could tell
    auto const some = b.find(dated("20241115-"));
    REQUIRE(some);
    CHECK(b.rows.uids.size() == 94);
    CHECK(b.limit->rows() == 31);
}

TEST_CASE("a limit below twenty is found out at the second question that meets it")
{
    bench b{.stored = make_studies(120, 2), .how = {.cap = 15, .cap_is_known = false}};
    REQUIRE(b.find(dated("20241201-")));
    CHECK(b.rows.uids.size() == 15);
    auto const all = b.find(dated("20200101-"));
    REQUIRE(all);
    CHECK(b.rows.uids.size() == 120);
    CHECK(!all->truncated);
    CHECK(b.limit->rows() == 15);
}

TEST_CASE("a look that settles nothing is not worth a word where more came before")
{
    bench b{.stored = make_studies(50, 50), .how = {.ignored = {tags::StudyTime}}};
    b.limit->gave(level::study, 60, clock::now());
    for (int i = 0; i < 2; ++i) {
        auto const all = b.find({});
        REQUIRE(all);
        CHECK(all->rows == 50);
        CHECK(!all->truncated);
        CHECK((b.log.requests.size() == 1) == (i == 1));
    }
}
