#include "upstream/capped/whole_find.hpp"

#include "mapping/search/plan.hpp"
#include "tests/support/random_archive.hpp"
#include "tests/support/run.hpp"
#include "tests/support/scripted_archive.hpp"
#include "upstream/capped/asker.hpp"

#include <doctest/doctest.h>
#include <boost/asio/bind_cancellation_slot.hpp>

#include <algorithm>
#include <set>
#include <string>

using namespace pons;
using namespace pons::upstream;
using namespace pons::mapping;

namespace {

constexpr std::chrono::sys_days newest{std::chrono::year(2024) / 12 / 31};

std::string to_da(std::chrono::sys_days when)
{
    std::chrono::year_month_day const day(when);
    return std::to_string(static_cast<unsigned>(static_cast<int>(day.year())) * 10'000 +
                          static_cast<unsigned>(day.month()) * 100 + static_cast<unsigned>(day.day()));
}

/// `count` studies, so many a day, back from the end of 2024, a quarter of an hour apart.
std::vector<test::stored_study> make_studies(std::size_t count, std::size_t a_day)
{
    std::vector<test::stored_study> all;
    for (std::size_t n = 0; n < count; ++n) {
        auto const minute = 1000 + n % a_day * 15 % 1440;
        auto const hhmm = std::to_string(10'000 + minute % 1440 / 60 * 100 + minute % 60).substr(1);
        all.push_back(test::plain_study(n + 1, to_da(newest - std::chrono::days(n / a_day)), hhmm + "30"));
    }
    return all;
}

struct rows_in final : row_sink {
    void row(data_set&& one) override
    {
        ++count;
        uids.emplace(one.text(tags::StudyInstanceUID));
    }
    std::set<std::string> uids;
    std::size_t count = 0;
};

struct bench {
    std::vector<test::stored_study> stored;
    test::quirks how;
    config::source source;
    test::record_of_queries log;
    std::shared_ptr<row_limit> limit = test::make_limit(how);
    rows_in rows;

    result<found> find(std::vector<key> keys, std::uint32_t max_rows = 0)
    {
        source.quirks.empty_value_matching = how.matching.empty_value_matching;
        log = {};
        rows = {};
        auto request = search::to_find_request({}, keys, nullptr);
        request.max_rows = max_rows;
        auto const whole =
            make_whole_finding(std::make_unique<test::scripted_archive>(stored, how, log), limit, source);
        auto found = test::run(whole->find(request, rows, time_point::max()));
        CHECK(log.faults.empty());
        if (found) {
            CHECK(found->queries == log.requests.size());
            CHECK(found->rows == rows.count);
            CHECK(rows.count == rows.uids.size());
            CHECK(is_told(*found) == (found->truncated && (max_rows == 0 || rows.count < max_rows)));
        }
        return found;
    }

    static bool is_told(found const& f)
    {
        return std::ranges::any_of(f.issues, [](issue const& i) { return i.what == issue::kind::incomplete; });
    }
};

std::vector<key> dated(std::string range)
{
    return {{tags::StudyDate, {std::move(range)}}};
}

}  // namespace

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

TEST_CASE("no more rows than wanted, and no more queries than that takes")
{
    bench b{.stored = make_studies(400, 4), .how = {.cap = 30}};
    for (auto const most : {std::uint32_t{10}, std::uint32_t{30}, std::uint32_t{70}}) {
        CAPTURE(most);
        auto const some = b.find({}, most);
        REQUIRE(some);
        CHECK(some->rows == most);
        CHECK(some->truncated);
        CHECK(some->queries <= 1 + most / 10);
    }
}

TEST_CASE("there is an end to the queries, which is told")
{
    bench b{.stored = make_studies(3000, 1), .how = {.cap = 2}};
    auto const all = b.find(dated("20000101-"));
    REQUIRE(all);
    CHECK(all->truncated);
    CHECK(all->queries == asker::most_queries);
}

TEST_CASE("an error in a part is an error of the whole")
{
    bench b{.stored = make_studies(100, 1), .how = {.cap = 30, .fails_after = 29}};
    auto const all = b.find({});
    REQUIRE(!all);
    CHECK(all.error().code == upstream::errc::aborted);
}

TEST_CASE("cancelling reaches the query that runs, and no other begins")
{
    bench b{.stored = make_studies(100, 1), .how = {.cap = 30}};
    auto itself = std::make_unique<test::scripted_archive>(b.stored, b.how, b.log);
    auto& archive = *itself;
    auto const whole = make_whole_finding(std::move(itself), b.limit, b.source);
    auto const request = search::to_find_request({}, {}, nullptr);
    struct holding final : row_sink {
        explicit holding(test::scripted_archive& a) : to(a) {}
        void row(data_set&&) override { to.hold(); }
        test::scripted_archive& to;
    } sink(archive);
    asio::io_context context(1);
    asio::cancellation_signal gone;
    bool ended = false;
    asio::co_spawn(context, whole->find(request, sink, time_point::max()),
                   asio::bind_cancellation_slot(gone.slot(), [&](std::exception_ptr e, result<found> how) {
                       ended = true;
                       CHECK(!e);
                       REQUIRE(!how);
                       CHECK(how.error().code == upstream::errc::cancelled);
                   }));
    context.poll();
    CHECK(b.log.running == 1);
    CHECK(b.log.requests.size() == 2);
    gone.emit(asio::cancellation_type::terminal);
    context.run();
    CHECK(ended);
    CHECK(b.log.cancelled == 1);
    CHECK(b.log.requests.size() == 2);
}

TEST_CASE("an archive that refuses everything is not asked for ever, and that is no answer")
{
    struct refusing final : archive {
        explicit refusing(std::size_t& count) : asked(count) {}
        awaitable<result<found>> find(find_request const&, row_sink&, time_point) override
        {
            ++asked;
            co_return fail(upstream::errc::too_broad, "source pacs");
        }
        awaitable<result<void>> verify(time_point) override { co_return result<void>(); }

        std::size_t& asked;
    };
    std::vector<std::vector<key>> const questions{
        {},
        dated("20240101-20241231"),
        dated("20240101"),
        {{tags::StudyInstanceUID, {"1.2", "1.3", "1.4"}}},
    };
    config::source const source;
    for (auto const at : {level::study, level::series, level::instance}) {
        for (auto const& keys : questions) {
            std::size_t asked = 0;
            rows_in rows;
            auto request = search::to_find_request({}, keys, nullptr);
            request.at = at;
            auto const limit = std::make_shared<row_limit>("pacs", 0);
            auto const whole = make_whole_finding(std::make_unique<refusing>(asked), limit, source);
            auto const found = test::run(whole->find(request, rows, time_point::max()));
            REQUIRE_FALSE(found);
            CHECK(found.error().code == upstream::errc::too_broad);
            CHECK(asked <= asker::most_refusals + 1);
        }
    }
}
