#include "upstream/search/study_search.hpp"

#include "mapping/errc.hpp"
#include "tests/support/random_archive.hpp"
#include "tests/support/run.hpp"
#include "tests/support/scripted_archive.hpp"
#include "upstream/capped/row_limit.hpp"

#include <doctest/doctest.h>
#include <boost/asio/bind_cancellation_slot.hpp>

#include <algorithm>
#include <string>

using namespace pons;
using namespace pons::upstream;
using namespace pons::mapping;

namespace {

constexpr std::int64_t now = 1'735'689'600'000'000;  // 2025-01-01T00:00:00Z
constexpr std::chrono::sys_days newest{std::chrono::year(2024) / 12 / 31};

/// `count` studies, so many a day, back from the end of 2024.
std::vector<test::stored_study> make_studies(std::size_t count, std::size_t a_day)
{
    std::vector<test::stored_study> all;
    for (std::size_t n = 0; n < count; ++n) {
        std::chrono::year_month_day const day(newest - std::chrono::days(n / a_day));
        auto const number = static_cast<unsigned>(static_cast<int>(day.year())) * 10'000 +
                            static_cast<unsigned>(day.month()) * 100 + static_cast<unsigned>(day.day());
        all.push_back(test::plain_study(n + 1, std::to_string(number)));
    }
    return all;
}

struct bench {
    std::vector<test::stored_study> stored;
    test::quirks how;
    std::shared_ptr<source_facts> facts = std::make_shared<source_facts>();
    test::record_of_queries log;
    std::shared_ptr<row_limit> limit = nullptr;  ///< what was learned; null: every search begins anew

    result<page_found> find(std::string_view query, page_wanted wanted = {})
    {
        log = {};
        auto const request = search::parse(search::split_query(query), {.now = now});
        REQUIRE(request);
        auto source = test::make_source(stored, how, facts, log, limit);
        auto const plan = search::make_plan(request->criteria, *facts, source.abilities);
        wanted.now = now;
        auto found = test::run(find_page(source, request->criteria, plan, std::move(wanted), time_point::max()));
        CHECK(log.faults.empty());
        if (found)
            CHECK(found->queries == log.count(level::study));
        return found;
    }

    /// All pages; `most` is how many queries of studies one of them cost.
    std::vector<std::string> walk(std::string_view query, std::size_t count, std::size_t& most)
    {
        std::vector<std::string> uids;
        std::optional<position> after;
        most = 0;
        for (;;) {
            auto const page = find(query, {.after = after, .count = count, .depth = level::study});
            REQUIRE(page);
            most = std::max<std::size_t>(most, page->queries);
            for (auto const& study : page->studies)
                uids.emplace_back(study.uid());
            if (!page->more)
                return uids;
            REQUIRE(!page->studies.empty());
            after = position_of(page->studies.back());
        }
    }
};

bool is_incomplete(page_found const& page)
{
    return std::ranges::any_of(page.issues, [](issue const& i) { return i.what == issue::kind::incomplete; });
}

}  // namespace

TEST_CASE("the first page of the default order costs a page, not the archive")
{
    for (auto const size : {std::size_t{1'000}, std::size_t{10'000}}) {
        for (auto const a_day : {std::size_t{1}, std::size_t{5}, std::size_t{40}, std::size_t{300}}) {
            CAPTURE(size);
            CAPTURE(a_day);
            bench b{.stored = make_studies(size, a_day), .how = {.asynchronous = false}};
            b.limit = test::make_limit(b.how);
            auto const first = b.find("", {.count = 20, .depth = level::study});
            REQUIRE(first);
            CHECK(first->studies.size() == 20);
            CHECK(first->queries <= 4 + 2 * 2);  // it is found out that these answers are whole
            auto const page = b.find("", {.count = 20, .depth = level::study});
            REQUIRE(page);
            CHECK(page->studies.size() == 20);
            CHECK(page->more);
            CHECK(!page->total);
            CHECK(page->queries <= 4);
            CHECK(b.log.rows <= 20 * 8 + 8 * a_day);
        }
    }
}

TEST_CASE("no page costs more when the archive grows")
{
    std::size_t most[2]{};
    for (std::size_t i = 0; i < 2; ++i) {
        bench b{.stored = make_studies(i == 0 ? 1'000 : 3'000, 5),
                .how = {.matching = {.empty_value_matching = true}, .asynchronous = false}};
        b.limit = test::make_limit(b.how);
        std::size_t most_at_first = 0;
        CHECK(b.walk("started=ge2020", 100, most_at_first).size() == b.stored.size());
        CHECK(most_at_first <= 8 + 2 * 3);
        auto const uids = b.walk("started=ge2020", 100, most[i]);
        CHECK(uids.size() == b.stored.size());
        CHECK(std::ranges::is_sorted(uids, [&](auto const& a, auto const& b2) {
            auto const day = [](std::string const& uid) { return (std::stoul(uid.substr(10)) - 1) / 5; };
            return day(a) != day(b2) ? day(a) < day(b2) : a < b2;
        }));
    }
    CHECK(most[0] <= 8);
    CHECK(most[1] <= 8);
}

TEST_CASE("an archive whose newest study is old is reached in few queries")
{
    bench b{.stored = {test::plain_study(1, "19760704")}, .how = {}};
    auto const page = b.find("", {.count = 20, .depth = level::study});
    REQUIRE(page);
    CHECK(page->studies.size() == 1);
    CHECK(page->total == 1);
    CHECK(page->queries <= 12);
}

TEST_CASE("a selective key costs one query, however large the archive is")
{
    struct {
        std::string query;
        std::size_t found;
        std::size_t queries;
    } const cases[] = {
        {"_id=2.25.9173.7", 1, 1},
        {"_id=2.25.9173.7,2.25.9173.9", 2, 1},
        {"identifier=urn:dicom:uid|urn:oid:2.25.9173.7", 1, 1},
        {"identifier=ACC7", 1, 2},  // accession number or study id
        {"patient=P7", 30, 1},
        {"patient=Patient/P7,P8", 60, 2},
        {"patient=P7&started=2024-12-31", 0, 1},
        {"patient=P7&modality=CT", 30, 1},
        {"basedon:identifier=ACC7", 1, 1},
        {"_id=2.25.9173.7&patient=P8", 0, 1},
    };
    bench b{.stored = make_studies(3'000, 5), .how = {.asynchronous = false}};
    b.limit = test::make_limit(b.how);
    for (auto const queries : {std::size_t{3}, std::size_t{1}}) {
        // Thirty rows never came before: both halves are asked for, once.
        REQUIRE(b.find("patient=P7", {.depth = level::study}));
        CHECK(b.log.requests.size() == queries);
    }
    REQUIRE(b.find("started=2024-12", {.count = 100, .everything = true, .depth = level::study}));
    for (auto const& c : cases) {
        CAPTURE(c.query);
        auto const page = b.find(c.query, {.count = 100, .depth = level::study});
        REQUIRE(page);
        CHECK(page->studies.size() == c.found);
        CHECK(page->total == c.found);
        CHECK(b.log.requests.size() == c.queries);
    }
}

TEST_CASE("what cannot be is answered without asking")
{
    bench b{.stored = make_studies(10, 5), .how = {}};
    for (std::string const query :
         {"_id=nonsense", "patient=http://other.example/fhir/Patient/P1", "identifier=urn:dicom:uid|x",
          "patient=a\\\\b", "started=2024-01-01&started=2023-01-01", "subject=Device/P1"}) {
        CAPTURE(query);
        auto const page = b.find(query);
        REQUIRE(page);
        CHECK(page->studies.empty());
        CHECK(page->total == 0);
        CHECK(b.log.requests.empty());
    }
}

TEST_CASE("an archive that ignores study dates is not walked day by day")
{
    struct {
        std::string name;
        bool dropped;
        std::uint32_t cap;
        bool told;  // that there is none
        bool incomplete;
    } const cases[] = {{"dates returned", false, 0, true, false},
                       {"no dates returned", true, 0, true, false},
                       {"with a limit", false, 100, false, true},
                       {"with a limit that nobody knows", false, 0, false, true}};
    for (auto const& c : cases) {
        CAPTURE(c.name);
        test::quirks how{.ignored = {tags::StudyDate}, .dropped = {}, .cap = c.cap};
        if (c.dropped)
            how.dropped = {tags::StudyDate};
        bench b{.stored = make_studies(300, 1), .how = how};
        if (c.told)
            b.limit = std::make_shared<row_limit>("test", 1'000'000);
        auto const page = b.find("", {.count = 20, .everything = true, .depth = level::study});
        REQUIRE(page);
        CHECK(page->studies.size() == 20);
        CHECK(is_incomplete(*page) == c.incomplete);
        CHECK(page->total == (c.incomplete ? std::optional<std::uint32_t>() : 300));
        CHECK(page->queries <= 4);
        auto const walked = b.find("", {.count = 20, .depth = level::study});
        REQUIRE(walked);
        CHECK(walked->studies.size() == 20);
        CHECK(is_incomplete(*walked) == c.incomplete);
        CHECK(walked->queries <= 5);
    }
}

TEST_CASE("a limit of the archive costs queries, not studies")
{
    for (bool const announced : {true, false}) {
        CAPTURE(announced);
        bench b{.stored = make_studies(400, 4),
                .how = {.matching = {.empty_value_matching = true}, .cap = 30, .cap_is_announced = announced}};
        b.stored.push_back(test::plain_study(1000, ""));
        std::size_t most = 0;
        CHECK(b.walk("", 50, most).size() == 401);
        auto const all = b.find("patient=P1&_total=accurate", {.everything = true, .depth = level::study});
        REQUIRE(all);
        CHECK(all->total == 4);
        auto const counted = b.find("", {.count = 0, .everything = true, .depth = level::study});
        REQUIRE(counted);
        CHECK(counted->total == 401);
        CHECK(!is_incomplete(*counted));
    }
}

TEST_CASE("those without a date are not missed where they are not asked for")
{
    bench b{.stored = make_studies(40, 3), .how = {.cap = 5, .cap_is_known = true, .asynchronous = false}};
    b.stored.push_back(test::plain_study(101, "18991231"));
    b.stored.push_back(test::plain_study(102, "00010101"));
    for (std::size_t n = 201; n < 220; ++n)
        b.stored.push_back(test::plain_study(n, ""));
    auto const found =
        b.find("started:missing=false&_sort=_id",
               {.order = order(std::vector<search::sort_key>{{.what = search::sort_key::by::id, .descending = false}}),
                .count = 100,
                .depth = level::study});
    REQUIRE(found);
    CHECK(found->studies.size() == 42);
    CHECK(found->total == 42);
    CHECK(!is_incomplete(*found));
}

TEST_CASE("what a limit hides is told")
{
    struct {
        std::string name;
        std::size_t a_day;
        bool undated;
        bool empty_value_matching;
        bool incomplete;
    } const cases[] = {
        {"a day with more than the limit", 40, false, true, true},
        {"days below the limit", 20, false, true, false},
        {"studies without a date that can be asked for", 20, true, true, false},
        {"studies without a date that cannot", 20, true, false, true},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        bench b{.stored = make_studies(200, c.a_day),
                .how = {.matching = {.empty_value_matching = c.empty_value_matching}, .cap = 30}};
        if (c.undated)
            b.stored.push_back(test::plain_study(1000, ""));
        auto const page = b.find("", {.count = 0, .everything = true, .depth = level::study});
        REQUIRE(page);
        CHECK(is_incomplete(*page) == c.incomplete);
        CHECK(page->total.has_value() == !c.incomplete);
    }
}

TEST_CASE("a study of which the archive holds series back is in no answer that its other series could change")
{
    bench b{.stored = {}, .how = {.dropped = {tags::ModalitiesInStudy}, .cap = 2}};
    auto& study = b.stored.emplace_back(test::plain_study(1, "20241231"));
    for (int s = 2; s <= 4; ++s) {
        auto& series = study.series.emplace_back(study.series.front());
        series.attributes = {};
        series.attributes.add(tags::SeriesInstanceUID, "2.25.9173.1." + std::to_string(s));
        series.attributes.add(tags::Modality, s == 4 ? "MR" : "CT");
    }
    struct {
        std::string query;
        std::size_t found;
    } const cases[] = {{"patient=P1&modality=CT", 1},
                       {"patient=P1&modality:not=MR", 0},
                       {"patient=P1&bodysite:missing=true", 0},
                       {"patient=P1&modality=MR", 1}};
    for (auto const& c : cases) {
        CAPTURE(c.query);
        auto const page = b.find(c.query);
        REQUIRE(page);
        CHECK(page->studies.size() == c.found);
        CHECK(is_incomplete(*page));
        CHECK(!page->total);
    }
}

TEST_CASE("more candidates than allowed are refused where all must be seen")
{
    bench b{.stored = make_studies(100, 5), .how = {}};
    for (auto const& [wanted, query] :
         {std::pair{page_wanted{.everything = true, .max_candidates = 99}, ""},
          std::pair{page_wanted{.order = order(std::vector{search::sort_key{search::sort_key::by::id, false}}),
          .max_candidates = 99},
                    "started=ge2000"}}) {
        auto const page = b.find(query, wanted);
        REQUIRE(!page);
        CHECK(page.error().code == mapping::errc::too_costly);
    }
    CHECK(b.find("", {.everything = true, .max_candidates = 100}));
    CHECK(b.find("", {.count = 20, .max_candidates = 99}));
}

TEST_CASE("series are asked for the page, not for all candidates")
{
    bench b{.stored = make_studies(200, 5), .how = {.dropped = {tags::ModalitiesInStudy}}};
    auto const page = b.find("", {.count = 10, .depth = level::series});
    REQUIRE(page);
    CHECK(b.log.count(level::series) == 10);
    auto const judged = b.find("started=ge2024&modality=CT", {.count = 10, .depth = level::study});
    REQUIRE(judged);
    CHECK(judged->studies.size() == 10);
    CHECK(b.log.count(level::series) <= 22);
}

TEST_CASE("an error of the archive is an error, however many rows came before")
{
    bench b{.stored = make_studies(10, 5), .how = {.fails_after = 5}};
    auto const page = b.find("started=2024-12");
    REQUIRE(!page);
    CHECK(page.error().code == upstream::errc::aborted);
}

TEST_CASE("an error on a later level is an error as well")
{
    bench b{.stored = make_studies(3, 5), .how = {.fails_after = 1}};
    auto const page = b.find("_id=2.25.9173.99", {.depth = level::series});
    CHECK(page);
    CHECK(!b.find("_id=2.25.9173.1", {.depth = level::series}));
}

TEST_CASE("cancelling ends the query that runs and the search with it")
{
    for (bool const early : {true, false}) {
        CAPTURE(early);
        auto const stored = make_studies(10, 5);
        test::record_of_queries log;
        auto source = test::make_source(stored, {}, std::make_shared<source_facts>(), log);
        auto itself = std::make_unique<test::scripted_archive>(stored, test::quirks{}, log);
        auto& archive = *itself;
        source.where = std::move(itself);
        archive.hold();
        auto const plan = search::make_plan({}, *source.facts, source.abilities);
        asio::io_context context(1);
        asio::cancellation_signal gone;
        bool ended = false;
        asio::co_spawn(context, find_page(source, {}, plan, {.now = now}, time_point::max()),
                       asio::bind_cancellation_slot(gone.slot(), [&](std::exception_ptr e, result<page_found> found) {
                           ended = true;
                           CHECK(!e);
                           REQUIRE(!found);
                           CHECK(found.error().code == upstream::errc::cancelled);
                       }));
        if (early)
            context.poll_one();
        else
            context.poll();
        gone.emit(asio::cancellation_type::terminal);
        context.run();
        CHECK(ended);
        CHECK(log.cancelled == 1);
        CHECK(log.requests.size() == 1);
    }
}

TEST_CASE("a held archive goes on when it is released")
{
    auto const stored = make_studies(3, 5);
    test::record_of_queries log;
    auto source = test::make_source(stored, {}, std::make_shared<source_facts>(), log);
    auto itself = std::make_unique<test::scripted_archive>(stored, test::quirks{}, log);
    auto& archive = *itself;
    source.where = std::move(itself);
    archive.hold();
    auto const plan = search::make_plan({}, *source.facts, source.abilities);
    asio::io_context context(1);
    std::size_t found = 0;
    asio::co_spawn(context, find_page(source, {}, plan, {.now = now}, time_point::max()),
                   [&](std::exception_ptr, result<page_found> page) { found = page->studies.size(); });
    context.poll();
    CHECK(found == 0);
    CHECK(log.running == 1);
    archive.release();
    context.run();
    CHECK(found == 3);
}
