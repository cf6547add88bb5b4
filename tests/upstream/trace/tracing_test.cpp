#include "upstream/trace/tracing.hpp"

#include "mapping/search/plan.hpp"
#include "tests/support/random_archive.hpp"
#include "tests/support/run.hpp"
#include "tests/support/scripted_archive.hpp"
#include "upstream/capped/whole_find.hpp"
#include "upstream/coalesce/coalesce.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace pons;
using namespace pons::upstream;
namespace tags = mapping::tags;

namespace {

struct counted final : row_sink {
    void row(mapping::data_set&&) override { ++rows; }
    std::string_view purpose() const override { return "a test"; }
    std::uint32_t rows = 0;
};

/// An archive that stops after ten rows, behind the layers that notice it.
struct traced_bench {
    explicit traced_bench(std::size_t studies)
    {
        for (std::size_t n = 0; n < studies; ++n)
            stored.push_back(test::plain_study(n + 1, "202401" + std::to_string(10 + n % 20), "101500"));
        how.cap = 10;
        source.name = "a";
        source.answer_cache.time = std::chrono::minutes(1);
        shared = std::make_shared<flights>(bounds_of(source.answer_cache, std::chrono::minutes(1)));
        auto const itself = std::make_shared<test::scripted_archive>(stored, how, log);
        archive = make_tracing(to, shared, [this, itself](std::shared_ptr<traced_find> of) {
            auto finding = make_whole_finding(make_watched(itself, to, std::move(of)), test::make_limit(how), source);
            return make_coalescing(std::move(finding), shared, source);
        });
    }

    result<found> find()
    {
        auto const request = mapping::search::to_find_request({}, {}, nullptr);
        rows = {};
        return test::run(archive->find(request, rows, time_point::max()));
    }

    std::vector<test::stored_study> stored;
    test::quirks how;
    config::source source;
    test::record_of_queries log;
    std::shared_ptr<flights> shared;
    std::shared_ptr<search_trace> to = std::make_shared<search_trace>();
    std::unique_ptr<upstream::archive> archive;
    counted rows;
};

}  // namespace

TEST_CASE("each query that goes out is written down, with its rows and why it is asked")
{
    traced_bench b(35);
    auto const all = b.find();
    REQUIRE(all);
    REQUIRE(b.to->finds().size() == 1);
    auto const& find = *b.to->finds().front();
    CHECK(find.why == "a test");
    CHECK(find.end.ended);
    CHECK(find.end.rows == b.rows.rows);
    CHECK(find.end.rows == all->rows);
    CHECK(find.from == traced_find::shared::no);

    CHECK(find.queries.size() == b.log.requests.size());
    CHECK(find.queries.size() > 4);
    std::uint64_t rows = 0;
    for (auto const& query : find.queries) {
        rows += query.end.rows;
        CHECK(query.end.ended);
        CHECK_FALSE(query.end.error);
        bool const is_first = &query == &find.queries.front();
        CHECK(query.why == (is_first ? "" : "the answer was cut: for a part of its dates"));
    }
    CHECK(rows == b.log.rows);
    CHECK(std::ranges::equal(find.queries, b.log.requests, {}, &traced_query::request));
}

TEST_CASE("an answer that is kept costs no query, and the trace says so")
{
    traced_bench b(5);
    REQUIRE(b.find());
    REQUIRE(b.find());
    REQUIRE(b.to->finds().size() == 2);
    CHECK(b.to->finds()[0]->from == traced_find::shared::no);
    CHECK(b.to->finds()[0]->queries.size() == 1);
    CHECK(b.to->finds()[1]->from == traced_find::shared::kept);
    CHECK(b.to->finds()[1]->queries.empty());
    CHECK(b.to->finds()[1]->end.rows == 5);
}

TEST_CASE("a failure is written down where it came from")
{
    traced_bench b(5);
    b.how.cap = 0;
    b.log = {};
    auto const broken =
        std::make_shared<test::scripted_archive>(b.stored, test::quirks{.cap = 0, .fails_after = 2}, b.log);
    auto const archive = make_tracing(
        b.to, b.shared, [&](std::shared_ptr<traced_find> of) { return make_watched(broken, b.to, std::move(of)); });
    auto const request = mapping::search::to_find_request({}, {}, nullptr);
    CHECK_FALSE(test::run(archive->find(request, b.rows, time_point::max())));
    auto const& find = *b.to->finds().front();
    REQUIRE(find.end.error);
    CHECK(find.end.error->code == errc::aborted);
    REQUIRE(find.queries.front().end.error);
    CHECK(find.queries.front().end.rows == 2);
    CHECK_FALSE(test::run(archive->verify(time_point::max())));
}

TEST_CASE("what is left out is counted by its reason")
{
    search_trace trace;
    trace.drop("b");
    trace.drop("a", 2);
    trace.drop("b", 3);
    trace.drop("none", 0);
    REQUIRE(trace.dropped().size() == 2);
    CHECK(trace.dropped()[0] == std::pair<std::string, std::uint32_t>("b", 4));
    CHECK(trace.dropped()[1] == std::pair<std::string, std::uint32_t>("a", 2));

    auto const asked = mapping::search::parse(
        std::vector<mapping::search::parameter>{{"patient", "P1"}, {"status", "registered"}}, {});
    REQUIRE(asked);
    trace.judge_by(asked->criteria);
    mapping::study_record study;
    study.attributes.add(tags::StudyInstanceUID, "1.2");
    study.attributes.add(tags::PatientID, "P2");
    mapping::source_facts facts;
    study.source = &facts;
    trace.refuse(study);
    CHECK(trace.dropped().back().first == "does not meet patient");
}
