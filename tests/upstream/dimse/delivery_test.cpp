#include "upstream/dimse/delivery.hpp"
#include "tests/upstream/dimse/fetching.hpp"
#include "upstream/dimse/get_plan.hpp"
#include "upstream/dimse/part10.hpp"
#include "upstream/dimse/retrieve_way.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

namespace {

using namespace pons;
using namespace pons::test;
using namespace pons::upstream::dimse;
using upstream::errc;

struct plain_delivery final : delivery {
    using delivery::delivery;
    void work(workbench&) override {}
};

struct both_sides {
    asio::io_context context{1};
    std::shared_ptr<plain_delivery> between;
    part_list parts;
    std::optional<delivery::ending> ending;

    explicit both_sides(std::chrono::milliseconds stall = stall_budget)
        : between(std::make_shared<plain_delivery>(context.get_executor(), clock::now() + 10s, stall))
    {
    }

    void run() { run(parts); }
    void run(upstream::part_sink& to_them)
    {
        auto work = [](plain_delivery& d, upstream::part_sink& to, steady_timer& bell) -> awaitable<delivery::ending> {
            attendance const here(d, bell);
            for (;;) {
                auto end = co_await d.hand_on(to);
                if (end)
                    co_return std::move(*end);
                bell.expires_at(d.look_again());
                auto const rung = co_await bell.async_wait(as_tuple);
                static_cast<void>(rung);
            }
        };
        steady_timer bell(context.get_executor());
        asio::co_spawn(context, work(*between, to_them, bell), [&](std::exception_ptr e, delivery::ending end) {
            if (e)
                std::rethrow_exception(e);
            ending = std::move(end);
        });
        context.run();
    }
};

upstream::part_head const head{"1.2.840.10008.5.1.4.1.1.2", "1.2.3.4", "1.2.840.10008.1.2.1", 0};

TEST_CASE("instances cross over whole, in order, and end only when they have been handed on")
{
    both_sides s;
    std::string const data(3'000'001, 'x');
    std::atomic<int> handed_on{0};
    s.parts.at_end = [&]() -> result<void> {
        ++handed_on;
        return {};
    };
    std::thread receiving([&] {
        for (int i = 1; i <= 3; ++i) {
            CHECK(s.between->begin(head));
            for (std::size_t at = 0; at < data.size(); at += 70'001)
                CHECK(s.between->write(
                    std::as_bytes(std::span(data).subspan(at, std::min<std::size_t>(70'001, data.size() - at)))));
            CHECK(s.between->end());
            CHECK(handed_on == i);
        }
        s.between->finish(upstream::retrieved{0, 7, {}});
    });
    s.run();
    receiving.join();
    REQUIRE(s.ending);
    REQUIRE(s.ending->how);
    CHECK(s.ending->how->instances == 3);
    CHECK(s.ending->how->completed == 7);
    REQUIRE(s.parts.parts.size() == 3);
    for (auto const& part : s.parts.parts) {
        CHECK((part.data_set() == data));
        CHECK(part.header().substr(128, 4) == "DICM");
    }
    CHECK(s.parts.most_at_once <= 256 * 1024);
}

/// Counts, for another thread to wait for.
struct counted final : upstream::part_sink {
    awaitable<result<void>> begin(upstream::part_head const&) override { co_return result<void>(); }
    awaitable<result<void>> write(std::span<std::byte const> bytes) override
    {
        std::scoped_lock const lock(mutex);
        size += bytes.size();
        more.notify_all();
        co_return result<void>();
    }
    awaitable<result<void>> end() override { co_return result<void>(); }

    void wait_for(std::size_t wanted)
    {
        std::unique_lock lock(mutex);
        more.wait(lock, [&] { return size >= wanted; });
    }

    std::mutex mutex;
    std::condition_variable more;
    std::size_t size = 0;
};

TEST_CASE("a few bytes cross over while no more come")
{
    both_sides s;
    counted to;
    std::thread receiving([&] {
        CHECK(s.between->begin(head));
        to.wait_for(part10_header(head).size());
        for (std::size_t before = to.size; std::size_t const size : {4U, 7U, 1U}) {
            auto const room = s.between->room();
            REQUIRE(room.size() >= size);
            std::ranges::fill(room.first(size), std::byte{'x'});
            CHECK(s.between->wrote(size));
            to.wait_for(before += size);
        }
        CHECK(s.between->end());
        s.between->finish(upstream::retrieved{});
    });
    s.run(to);
    receiving.join();
    REQUIRE(s.ending->how);
    CHECK(s.ending->how->instances == 1);
}

TEST_CASE("who receives waits when a megabyte lies unread, and gives up after the stall budget")
{
    both_sides s(40ms);
    std::string const piece(10'000, 'x');
    REQUIRE(s.between->begin(head));
    std::size_t taken = 0;
    while (s.between->write(std::as_bytes(std::span(piece))))
        taken += piece.size();
    CHECK(taken <= 1024 * 1024);
    CHECK(taken >= 900'000);
    auto const end = s.between->end();
    REQUIRE_FALSE(end);
    CHECK(end.error().code == errc::stalled);
    s.run();
    REQUIRE(s.ending);
    REQUIRE_FALSE(s.ending->how);
    CHECK(s.ending->how.error().code == errc::stalled);
    CHECK(s.parts.parts.empty());
}

TEST_CASE("instances of several threads do not mix")
{
    both_sides s;
    auto const send = [&](char letter) {
        std::string const piece(5'000, letter);
        for (int i = 0; i < 50; ++i) {
            CHECK(s.between->begin(head));
            for (int k = 0; k < 20; ++k)
                CHECK(s.between->write(std::as_bytes(std::span(piece))));
            CHECK(s.between->end());
        }
    };
    std::thread all([&] {
        std::thread one(send, 'a'), two(send, 'b');
        one.join();
        two.join();
        s.between->finish(upstream::retrieved{});
    });
    s.run();
    all.join();
    REQUIRE(s.ending->how);
    CHECK(s.parts.parts.size() == 100);
    for (auto const& part : s.parts.parts) {
        auto const data = part.data_set();
        CHECK((data == std::string(100'000, data[0])));
    }
}

TEST_CASE("an instance that is abandoned ends the retrieve")
{
    both_sides s;
    REQUIRE(s.between->begin(head));
    s.between->abandon({errc::aborted, "test"});
    CHECK_FALSE(s.between->begin(head));
    s.between->finish(upstream::retrieved{});
    s.run();
    REQUIRE_FALSE(s.ending->how);
    CHECK(s.ending->how.error().code == errc::aborted);
}

TEST_CASE("a retrieve that ends while an instance has not is no success")
{
    both_sides s;
    REQUIRE(s.between->begin(head));
    s.between->finish(upstream::retrieved{});
    s.run();
    REQUIRE_FALSE(s.ending->how);
    CHECK(s.ending->how.error().code == errc::incomplete);
}

TEST_CASE("a way that failed is tried last for an hour")
{
    using way = config::retrieve_method;
    retrieve_way ways({way::c_get, way::c_move});
    auto const now = clock::now();
    CHECK(ways.in_order(now) == std::vector{way::c_get, way::c_move});
    ways.failed(way::c_get, now);
    CHECK(ways.in_order(now + 59min) == std::vector{way::c_move, way::c_get});
    CHECK(ways.in_order(now + 61min) == std::vector{way::c_get, way::c_move});
}

TEST_CASE("instances without bulk data are asked for until three studies failed in a row, and never twice of one")
{
    retrieve_way ways({config::retrieve_method::c_get});
    auto now = clock::now();
    auto const may = [&](char const* study) { return ways.may_leave_out_bulk_data(study, now); };
    SUBCASE("one after the other")
    {
        for (auto const* const study : {"1.1", "1.2", "1.2", "1.2"}) {
            ways.failed_without_bulk_data(study, now);
            CHECK_FALSE(may(study));
            CHECK(may("1.9"));
        }
        ways.failed_without_bulk_data("1.3", now);
        CHECK_FALSE(may("1.9"));
        now += 2h;
        CHECK_FALSE(may("1.1"));
    }
    SUBCASE("with one between them that did not")
    {
        for (int i = 0; i < 200; ++i) {
            ways.failed_without_bulk_data("1." + std::to_string(i), now);
            ways.left_out_bulk_data();
        }
        CHECK(may("1.1"));  // the first are forgotten
        CHECK_FALSE(may("1.199"));
        now += 59min;
        CHECK_FALSE(may("1.199"));
        now += 1min;
        CHECK(may("1.199"));
    }
    SUBCASE("an archive that does not know it")
    {
        ways.knows_no_instances_without_bulk_data();
        CHECK_FALSE(may("1.9"));
    }
}

std::set<std::pair<std::string, std::string>> pairs(get_step const& step)
{
    std::set<std::pair<std::string, std::string>> all;
    for (auto const& p : step.storage) {
        CHECK(p.provider);
        CHECK(p.transfer_syntaxes.size() == 1);
        all.emplace(p.abstract_syntax, p.transfer_syntaxes.front());
    }
    return all;
}

std::string const ct = "1.2.840.10008.5.1.4.1.1.2";
std::string const explicit_le = "1.2.840.10008.1.2.1";
std::string const implicit_le = "1.2.840.10008.1.2";
std::string const ht = "1.2.840.10008.1.2.4.201";

TEST_CASE("proposes what the archive told, each pair in a context of its own")
{
    contents known;
    known.series = {{"1.2.1", "CT", {{ct, {ht}}, {"1.2.3.private", {"1.2.3.syntax"}}}}};
    auto const plan = plan_get({"1.2", {}, {}}, known);
    REQUIRE(plan.size() == 4);
    CHECK(pairs(plan[1][0]) ==
          std::set<std::pair<std::string, std::string>>{{ct, ht}, {"1.2.3.private", "1.2.3.syntax"}});
    CHECK(pairs(plan[3][0]) == std::set<std::pair<std::string, std::string>>{{ct, ht}});
    CHECK(pairs(plan[2][0]) == std::set<std::pair<std::string, std::string>>{{"1.2.3.private", "1.2.3.syntax"}});
    REQUIRE(plan[0].size() == 1);
    CHECK(plan[0][0].requests == std::vector<upstream::retrieve_request>{{"1.2", {}, {}}});
    CHECK(pairs(plan[0][0]) == std::set<std::pair<std::string, std::string>>{{ct, explicit_le},
                                                                             {ct, implicit_le},
                                                                             {ct, ht},
                                                                             {"1.2.3.private", explicit_le},
                                                                             {"1.2.3.private", implicit_le},
                                                                             {"1.2.3.private", "1.2.3.syntax"}});
}

TEST_CASE("never proposes more than an association takes")
{
    contents unknown;
    contents by_modality;
    by_modality.series = {{"1.2.1", "MG", {}}, {"1.2.2", "SR", {}}};
    contents many;  // classes, of which not all fit
    for (int i = 0; i < 40; ++i)
        many.series.push_back({"1.2." + std::to_string(i), "CT", {{"1.2.3." + std::to_string(i), {}}}});
    contents too_many;
    too_many.series.resize(1);
    for (int i = 0; i < 100; ++i)
        too_many.series[0].classes["1.2.3." + std::to_string(i)];

    auto const all_in_one = [](contents const& c, std::string const& sop_class, std::string const& syntax) {
        auto const plan = plan_get({"1.2", {}, {}}, c);
        REQUIRE(plan[0].size() == 1);
        CHECK(pairs(plan[0][0]).size() == plan[0][0].storage.size());
        CHECK(plan[0][0].storage.size() == most_storage_contexts);
        CHECK(pairs(plan[0][0]).contains({sop_class, syntax}));
    };
    all_in_one(unknown, ct, explicit_le);
    all_in_one(unknown, "1.2.840.10008.5.1.4.1.1.88.33", implicit_le);
    all_in_one(by_modality, "1.2.840.10008.5.1.4.1.1.1.2", ht);
    all_in_one(by_modality, ct, explicit_le);
    all_in_one(too_many, "1.2.3.7", explicit_le);

    auto const plan = plan_get({"1.2", {}, {}}, many);
    CHECK(plan[0].size() > 1);
    std::size_t series = 0;
    for (auto const& step : plan[0]) {
        CHECK(step.storage.size() <= most_storage_contexts);
        for (auto const& rq : step.requests) {
            CHECK(rq.series_instance_uid == "1.2." + std::to_string(series));
            CHECK(pairs(step).contains({"1.2.3." + std::to_string(series), ht}));
            ++series;
        }
    }
    CHECK(series == 40);
}

}  // namespace
