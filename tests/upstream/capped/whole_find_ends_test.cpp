#include "tests/upstream/capped/bench.hpp"
#include "upstream/capped/asker.hpp"

#include <doctest/doctest.h>
#include <boost/asio/bind_cancellation_slot.hpp>

using namespace pons;
using namespace pons::upstream;
using namespace pons::mapping;
using namespace pons::test::capped;

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
