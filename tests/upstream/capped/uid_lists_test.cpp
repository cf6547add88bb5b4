#include "upstream/capped/uid_lists.hpp"
#include "tests/upstream/capped/bench.hpp"
#include "upstream/federation/holders.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::upstream;
using namespace pons::mapping;
using namespace pons::test::capped;

namespace {

/// How an archive reads a key of several UIDs.
enum class lists { taken, first, last, nothing };

/// One that holds a scripted archive's studies, and reads lists so.
struct list_reader final : archive {
    list_reader(std::vector<test::stored_study> const& studies, test::quirks const& how, test::record_of_queries& log,
                lists const& reads_)
        : inner(studies, how, log), reads(reads_)
    {
    }
    awaitable<result<found>> find(find_request const& request, row_sink& to, time_point deadline) override
    {
        auto as_read = request;
        for (auto& k : as_read.keys) {
            if (k.values.size() < 2 || reads == lists::taken)
                continue;
            auto const one = reads == lists::first  ? k.values.front()
                             : reads == lists::last ? k.values.back()
                                                    : std::string("1.2.3.4.5");  // the list is no UID at all
            k.values.assign(1, one);
        }
        co_return co_await inner.find(as_read, to, deadline);
    }
    awaitable<result<void>> verify(time_point) override { co_return result<void>(); }

    test::scripted_archive inner;
    lists const& reads;
};

struct list_bench {
    std::vector<test::stored_study> stored = make_studies(120, 4);
    lists reads = lists::taken;
    test::quirks how{};
    std::set<std::size_t> refused{};  ///< which of the queries of a find, the first being 1
    config::source source{};
    test::record_of_queries log{};
    std::shared_ptr<row_limit> limit = test::make_limit(how);
    std::shared_ptr<source_lore> lore = std::make_shared<source_lore>("pacs");

    std::unique_ptr<archive> make()
    {
        auto reader = std::make_unique<list_reader>(stored, how, log, reads);
        return make_whole_finding(std::make_unique<busy_archive>(std::move(reader), refused, log), limit, source, lore);
    }

    struct outcome {
        std::size_t studies = 0;
        std::size_t queries = 0;
        bool incomplete = false;
        bool truncated = false;
    };
    /// For studies by their numbers, and others of those keys; numbers above 120 are of none.
    outcome find(std::vector<int> const& numbers, std::vector<key> keys = {})
    {
        std::vector<std::string> uids;
        for (auto const n : numbers)
            uids.push_back(
                n <= 120 ? std::string(stored[static_cast<std::size_t>(n - 1)].attributes.text(tags::StudyInstanceUID))
                         : "1.2.3." + std::to_string(n));
        if (!uids.empty())
            keys.push_back({tags::StudyInstanceUID, uids});
        log = {};
        rows_in rows;
        auto const request = search::to_find_request({}, keys, nullptr);
        auto const how_it_went = test::run(make()->find(request, rows, time_point::max()));
        REQUIRE(how_it_went);
        CHECK(log.faults.empty());
        CHECK(how_it_went->queries == log.requests.size());
        CHECK(how_it_went->rows == rows.count);
        CHECK(rows.count == rows.uids.size());
        if (!uids.empty())
            for (auto const& uid : rows.uids)
                CHECK(std::ranges::find(uids, uid) != uids.end());
        return {rows.uids.size(), log.requests.size(), bench::is_told(*how_it_went), how_it_went->truncated};
    }
};

std::vector<int> numbers(int from, int to)
{
    std::vector<int> all;
    for (; from <= to; ++from)
        all.push_back(from);
    return all;
}

}  // namespace

TEST_CASE("UIDs of a list that is not understood are asked for alone")
{
    for (auto const reads : {lists::first, lists::last, lists::nothing}) {
        CAPTURE(static_cast<int>(reads));
        list_bench b{.reads = reads};
        for (auto const& asked : {numbers(1, 3), numbers(4, 5), numbers(1, 100), std::vector<int>{300, 7, 301}}) {
            auto const some = b.find(asked);
            auto const held = std::ranges::count_if(asked, [](int n) { return n <= 120; });
            CHECK(some.studies == static_cast<std::size_t>(held));
            CHECK(!some.truncated);
            CHECK(some.queries <= asked.size() + 4);
            CHECK(b.lore->lists.at(level::study) == list_lore::verdict::not_taken);
        }
        CHECK(b.find(numbers(1, 3)).queries == 3);  // and no more as a list
    }
}

TEST_CASE("an archive that understands lists is asked once, as soon as that is known")
{
    struct {
        char const* name;
        std::vector<int> asked;
        std::size_t queries;
    } const cases[] = {
        {"all of them", {1, 2, 3}, 1},
        {"two of them", {1, 300, 2}, 1},
        {"one between those that it has not", {300, 1, 301}, 1},
        {"the first", {1, 300, 301}, 2},
        {"the last", {300, 301, 1}, 2},
        {"one of two", {1, 300}, 2},
        {"none of two", {300, 301}, 3},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        list_bench b;
        auto const some = b.find(c.asked);
        CHECK(some.studies == static_cast<std::size_t>(std::ranges::count_if(c.asked, [](int n) { return n < 300; })));
        CHECK(some.queries == c.queries);
        CHECK(!some.truncated);
        bool const is_known = b.lore->lists.at(level::study) == list_lore::verdict::taken;
        CHECK(is_known);
        CHECK(b.find(numbers(301, 400)).queries == 1);
    }
}

TEST_CASE("what an archive gave before tells whether it understands a list of what it has not")
{
    for (auto const reads : {lists::taken, lists::first, lists::nothing}) {
        CAPTURE(static_cast<int>(reads));
        list_bench b{.reads = reads};
        for (bool const by_uid : {false, true}) {
            CAPTURE(by_uid);
            b.lore = std::make_shared<source_lore>("pacs");
            auto const before = by_uid ? b.find({7}) : b.find({}, {{tags::PatientID, {"P7"}}});
            CHECK(before.studies != 0);
            auto const none = b.find(numbers(301, 400));
            CHECK(none.studies == 0);
            CHECK(!none.truncated);
            CHECK(none.queries == (reads == lists::taken ? 2 : 103));
            CHECK(b.find(numbers(301, 400)).queries == (reads == lists::taken ? 1 : 100));
        }
    }
}

TEST_CASE(
    "before an archive that gave nothing yet, one study that it holds is asked for, and tells of lists of any length")
{
    for (auto const reads : {lists::taken, lists::first, lists::nothing}) {
        CAPTURE(static_cast<int>(reads));
        list_bench b{.reads = reads};
        auto const none = b.find(numbers(301, 400));
        CHECK(none.studies == 0);
        CHECK(!none.truncated);
        CHECK(none.queries == (reads == lists::taken ? 3 : 104));
        CHECK(b.find(numbers(301, 400)).queries == (reads == lists::taken ? 1 : 100));
    }
}

TEST_CASE("an archive that holds nothing pays three queries for a page, and is never taken for empty when it is not")
{
    list_bench b{.stored = {}};
    for (auto const& page : {numbers(301, 320), numbers(301, 320), numbers(301, 400)}) {
        auto const none = b.find(page);
        CHECK(none.queries == 3);
        CHECK(none.studies == 0);
        CHECK(!none.truncated);
    }
    CHECK(b.lore->lists.at(level::study) == list_lore::verdict::unknown);
    // It arrives, and has no date; lists are not understood.
    b.stored = {test::plain_study(1, "", "")};
    b.reads = lists::nothing;
    auto const some = b.find({1, 301, 302});
    CHECK(some.studies == 1);
    CHECK(!some.truncated);
}

TEST_CASE("of an archive that refuses to be asked for any study a few UIDs are asked for alone, and of more it is told")
{
    list_bench b{.refused = {2, 3}};
    auto const page = b.find(numbers(301, 320));
    CHECK(page.queries == 3 + most_alone);
    CHECK(!page.truncated);
    auto const many = b.find(numbers(301, 400));
    CHECK(many.queries == 1 + most_alone);  // it is left alone with that for a while
    CHECK(many.incomplete);
}

TEST_CASE("a study that is gone meanwhile proves nothing, and another one is asked for")
{
    list_bench b;
    b.lore->studies.holds("1.2.3.300");
    CHECK(b.find({301, 302}).queries == 5);
    CHECK(b.lore->lists.at(level::study) == list_lore::verdict::taken);
    CHECK(b.find({301, 302}).queries == 1);
}

TEST_CASE("a list together with other keys is not taken for one that is not understood")
{
    list_bench b;
    auto const of = b.stored[0].attributes.text(tags::PatientID);
    auto const some = b.find({1, 2, 3}, {{tags::PatientID, {std::string(of)}}});
    CHECK(some.studies == 1);
    CHECK(b.lore->lists.at(level::study) == list_lore::verdict::taken);

    list_bench first{.reads = lists::first};
    CHECK(first.find({1, 2, 3}, {{tags::PatientID, {std::string(of)}}}).studies == 1);
    CHECK(first.lore->lists.at(level::study) == list_lore::verdict::not_taken);
}

TEST_CASE("a study of the list that is known to be held tells of other keys only what stands before and behind it")
{
    for (auto const reads : {lists::taken, lists::first, lists::last, lists::nothing})
        for (auto const& asked : {std::vector<int>{1, 5, 6}, std::vector<int>{6, 5, 1}, std::vector<int>{1, 5}}) {
            CAPTURE(static_cast<int>(reads));
            CAPTURE(asked.size());
            list_bench b{.reads = reads};
            REQUIRE(b.find({1}).studies == 1);  // of another patient than what is asked for next
            auto const of = b.stored[4].attributes.text(tags::PatientID);
            auto const some = b.find(asked, {{tags::PatientID, {std::string(of)}}});
            CHECK(some.studies == 1);
            CHECK(!some.truncated);
            if (reads != lists::taken)
                CHECK(b.lore->lists.at(level::study) != list_lore::verdict::taken);
        }
}

TEST_CASE("a list of nothing but the one study that is known to be held proves nothing")
{
    list_bench b{.reads = lists::first};
    REQUIRE(b.find({1}).studies == 1);
    auto const of = b.stored[4].attributes.text(tags::PatientID);
    auto const none = b.find({1, 1}, {{tags::PatientID, {std::string(of)}}});
    CHECK(none.studies == 0);
    CHECK(!none.truncated);
    CHECK(b.lore->lists.at(level::study) == list_lore::verdict::unknown);
}

TEST_CASE("a UID that an archive was too busy to be asked for alone is not left out in silence")
{
    for (bool const is_known : {true, false}) {
        CAPTURE(is_known);
        list_bench b{.reads = lists::first};
        if (is_known)
            b.lore->lists.learn(level::study, list_lore::verdict::not_taken);
        // Else the list, whether it is understood, and whether that study is there come first.
        b.refused = {is_known ? 2U : 4U};
        auto const some = b.find({1, 2, 3});
        CHECK(some.studies == 2);
        CHECK(some.incomplete);
        CHECK(some.truncated);
        b.refused = {};
        CHECK(b.find({1, 2, 3}).studies == 3);
    }
}

TEST_CASE("a list of which every UID came proves nothing of another answer of as many rows")
{
    list_bench b{.how = {.cap = 50, .cap_is_known = false}};
    b.limit->gave(level::study, 100, clock::now());  // the limit was lowered meanwhile
    CHECK(b.find(numbers(1, 50)).studies == 50);
    auto const all = b.find({}, {{tags::StudyDate, {"19000101-"}}});
    CHECK(all.studies == 120);
    CHECK(!all.truncated);
}

TEST_CASE("a source that does not understand lists loses no study that it holds of another's page")
{
    for (auto const reads : {lists::first, lists::nothing}) {
        CAPTURE(static_cast<int>(reads));
        list_bench b{.reads = reads};
        mapping::source_facts facts;
        searched_source source;
        source.where = b.make();
        source.facts = std::make_shared<mapping::source_facts const>(facts);
        std::vector<std::string> uids;
        for (int n = 30; n < 50; ++n)
            uids.emplace_back(b.stored[static_cast<std::size_t>(n)].attributes.text(tags::StudyInstanceUID));
        auto const held = test::run(find_held(source, uids, time_point::max()));
        REQUIRE(held);
        CHECK(held->studies.size() == 20);
        CHECK(held->complete);
    }
}

TEST_CASE("a source that holds nothing costs a page of another three queries, and leaves it complete")
{
    list_bench b{.stored = {}};
    searched_source source;
    source.where = b.make();
    source.facts = std::make_shared<mapping::source_facts const>();
    for (auto const size : {std::size_t{20}, std::size_t{100}}) {
        std::vector<std::string> uids;
        for (std::size_t n = 0; n < size; ++n)
            uids.push_back("1.2.3." + std::to_string(n));
        b.log = {};
        auto const held = test::run(find_held(source, uids, time_point::max()));
        REQUIRE(held);
        CHECK(held->studies.empty());
        CHECK(held->complete);
        CHECK(b.log.requests.size() == 3);
    }
}
