#include "upstream/complete/complete.hpp"

#include "tests/upstream/complete/tried.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

using namespace pons;
using namespace pons::test;
using namespace std::chrono_literals;
using config::verify_mode;
using upstream::errc;
using upstream::retrieve_request;

namespace {

using list = std::vector<std::string>;

struct row {
    char const* name;
    list listed;
    list come;
    char const* came;
    std::optional<errc> result = {};
    std::optional<errc> fails = {};
    list single = {};  // instances that come when they are asked for alone
    std::size_t asked = 1;
    verify_mode verify = verify_mode::strict;
    std::function<void(tried&)> also = {};
};

auto const counted = [](std::uint32_t n) { return [n](tried& t) { t.inner->retrievals.front().completed = n; }; };
auto const cap = [](std::uint32_t n) { return [n](tried& t) { t.source.quirks.max_results = n; }; };
auto const announced = [](std::uint64_t n) { return [n](tried& t) { t.inner->instances_announced = n; }; };
auto const no_listing = [](errc why) { return [why](tried& t) { t.inner->find_fails = why; }; };
auto const cut = [](tried& t) { t.inner->truncates = true; };
constexpr auto lenient = verify_mode::lenient;

// clang-format off
row const rows[] = {
    {.name = "all came", .listed = {"1.1", "1.2", "2.1"}, .come = {"2.1", "1.2", "1.1"}, .came = "2.1 1.2 1.1"},
    {.name = "one was dropped, and comes alone", .listed = {"1.1", "1.2", "2.1"}, .come = {"1.1", "2.1"},
     .came = "1.1 2.1 1.2", .single = {"1.2"}, .asked = 2},
    {.name = "one was dropped, and never comes", .listed = {"1.1", "1.2", "2.1"}, .come = {"1.1", "2.1"},
     .came = "1.1 2.1", .result = errc::incomplete, .asked = 3},
    {.name = "two were dropped, one comes", .listed = {"1.1", "1.2", "2.1"}, .come = {"1.1"}, .came = "1.1 2.1",
     .result = errc::incomplete, .single = {"2.1"}, .asked = 4},
    {.name = "never comes, lenient", .listed = {"1.1", "1.2"}, .come = {"1.1"}, .came = "1.1",
     .result = errc::incomplete, .asked = 3, .verify = lenient},

    {.name = "one comes thrice", .listed = {"1.1", "1.2"}, .come = {"1.1", "1.1", "1.2", "1.1"}, .came = "1.1 1.2",
     .also = counted(4)},
    {.name = "one comes twice, another does not", .listed = {"1.1", "1.2"}, .come = {"1.1", "1.1"}, .came = "1.1 1.2",
     .single = {"1.2"}, .asked = 2},

    {.name = "it counted more", .listed = {"1.1", "1.2"}, .come = {"1.1", "1.2"}, .came = "1.1 1.2",
     .result = errc::incomplete, .also = counted(3)},
    {.name = "it counted more, lenient", .listed = {"1.1", "1.2"}, .come = {"1.1", "1.2"}, .came = "1.1 1.2",
     .result = errc::incomplete, .verify = lenient, .also = counted(3)},
    {.name = "more came", .listed = {"1.1"}, .come = {"1.1", "1.2"}, .came = "1.1 1.2", .result = errc::incomplete},
    {.name = "more came, lenient", .listed = {"1.1"}, .come = {"1.1", "1.2"}, .came = "1.1 1.2", .verify = lenient},
    {.name = "at the cap", .listed = {"1.1", "1.2"}, .come = {"1.1", "1.2"}, .came = "1.1 1.2",
     .result = errc::incomplete, .also = cap(2)},
    {.name = "at the cap, lenient", .listed = {"1.1", "1.2"}, .come = {"1.1", "1.2"}, .came = "1.1 1.2",
     .verify = lenient, .also = cap(2)},
    {.name = "below the cap", .listed = {"1.1", "1.2"}, .come = {"1.1", "1.2"}, .came = "1.1 1.2", .also = cap(3)},
    {.name = "cut", .listed = {"1.1", "1.2"}, .come = {"1.1", "1.2"}, .came = "1.1 1.2", .result = errc::incomplete,
     .also = cut},
    {.name = "fewer than the study has", .listed = {"1.1", "1.2"}, .come = {"1.1", "1.2"}, .came = "1.1 1.2",
     .result = errc::incomplete, .also = announced(3)},
    {.name = "as many as the study has", .listed = {"1.1", "1.2"}, .come = {"1.1", "1.2"}, .came = "1.1 1.2",
     .also = announced(2)},
    {.name = "fewer series than the study has", .listed = {"1.1", "1.2"}, .come = {"1.1", "1.2"}, .came = "1.1 1.2",
     .result = errc::incomplete, .also = [](tried& t) { t.inner->series_announced = 2; }},
    {.name = "fewer than a series has", .listed = {"1.1", "2.1"}, .come = {"1.1", "2.1"}, .came = "1.1 2.1",
     .result = errc::incomplete, .also = [](tried& t) { t.inner->in_series_announced = {{"1.2.2", 2}}; }},
    {.name = "doubtful, lacks one", .listed = {"1.1", "1.2"}, .come = {"1.1"}, .came = "1.1 1.2", .single = {"1.2"},
     .asked = 2, .verify = lenient, .also = cut},
    {.name = "no listing", .listed = {"1.1"}, .come = {"1.1"}, .came = "1.1", .result = errc::incomplete,
     .also = no_listing(errc::refused)},
    {.name = "no listing, lenient", .listed = {"1.1"}, .come = {"1.1"}, .came = "1.1", .verify = lenient,
     .also = no_listing(errc::refused)},

    {.name = "nothing, of nothing", .listed = {}, .come = {}, .came = "", .result = errc::not_found},
    {.name = "nothing, of something", .listed = {"1.1"}, .come = {}, .came = "", .result = errc::not_yet},
    {.name = "nothing, of something, lenient", .listed = {"1.1"}, .come = {}, .came = "", .result = errc::not_yet,
     .verify = lenient},
    {.name = "nothing, of something counted", .listed = {}, .come = {}, .came = "", .result = errc::not_yet,
     .also = announced(5)},
    {.name = "nothing, and no listing", .listed = {"1.1"}, .come = {}, .came = "", .result = errc::unreachable,
     .also = no_listing(errc::unreachable)},

    {.name = "fails before the first", .listed = {"1.1"}, .come = {}, .came = "", .result = errc::refused,
     .fails = errc::refused, .single = {"1.1"}},
    {.name = "all sub-operations failed", .listed = {"1.1"}, .come = {}, .came = "", .result = errc::incomplete,
     .fails = errc::incomplete},
    {.name = "all sub-operations failed, and nothing is listed", .listed = {}, .come = {}, .came = "",
     .result = errc::incomplete, .fails = errc::incomplete},
    {.name = "is refused, and there is nothing", .listed = {}, .come = {}, .came = "", .result = errc::not_found,
     .fails = errc::refused},
    {.name = "is refused, and a study of unlisted instances is there", .listed = {}, .come = {}, .came = "",
     .result = errc::refused, .fails = errc::refused, .also = announced(5)},
    {.name = "is refused, and no listing", .listed = {}, .come = {}, .came = "", .result = errc::refused,
     .fails = errc::refused, .also = no_listing(errc::refused)},
    {.name = "is not there", .listed = {}, .come = {}, .came = "", .result = errc::not_found,
     .fails = errc::not_found},
    {.name = "is not there, and listed", .listed = {"1.1"}, .come = {}, .came = "", .result = errc::not_yet,
     .fails = errc::not_found, .single = {"1.1"}},
    {.name = "is not there, and no listing", .listed = {}, .come = {}, .came = "", .result = errc::unreachable,
     .fails = errc::not_found, .also = no_listing(errc::unreachable)},
    {.name = "fails between two", .listed = {"1.1", "1.2", "1.3"}, .come = {"1.2"}, .came = "1.2 1.1 1.3",
     .fails = errc::aborted, .single = {"1.1", "1.3"}, .asked = 3},
    {.name = "fails between two, and one never comes", .listed = {"1.1", "1.2", "1.3"}, .come = {"1.2"},
     .came = "1.2 1.1", .result = errc::incomplete, .fails = errc::refused, .single = {"1.1"}, .asked = 4},
    {.name = "fails after the last", .listed = {"1.1", "1.2"}, .come = {"1.1", "1.2"}, .came = "1.1 1.2",
     .fails = errc::aborted},
    {.name = "fails between two, doubtful", .listed = {"1.1", "1.2"}, .come = {"1.2"}, .came = "1.2",
     .result = errc::aborted, .fails = errc::aborted, .single = {"1.1"}, .verify = lenient, .also = cut},
    {.name = "fails within one", .listed = {"1.1", "1.2"}, .come = {"1.1", "(1.2)"}, .came = "1.1 (1.2)",
     .result = errc::aborted, .fails = errc::aborted, .single = {"1.2"}},
    {.name = "fails within a repeated one", .listed = {"1.1", "1.2"}, .come = {"1.1", "(1.1)"}, .came = "1.1 1.2",
     .fails = errc::aborted, .single = {"1.2"}, .asked = 2},
    {.name = "fails in the middle for good", .listed = {"1.1", "1.2"}, .come = {"1.1"}, .came = "1.1",
     .result = errc::unauthorized, .fails = errc::unauthorized, .single = {"1.2"}},
};
// clang-format on

}  // namespace

TEST_CASE("a retrieve that ends well brought everything, each instance once")
{
    for (auto const associations : {1u, 2u}) {
        for (auto const& c : rows) {
            CAPTURE(std::string(c.name));
            CAPTURE(associations);
            tried t;
            t.source.limits.associations = associations;
            t.source.verify = c.verify;
            t.inner->listed = c.listed;
            t.inner->retrievals.push_back({.come = c.come, .fails = c.fails});
            t.inner->single = [&](std::string const& uid) {
                return std::ranges::find(c.single, uid) == c.single.end() ? std::optional(errc::not_found)
                                                                          : std::nullopt;
            };
            if (c.also)
                c.also(t);
            auto const all = t.retrieve();
            CHECK(t.parts.uids() == c.came);
            CHECK(t.parts.faults.empty());
            CHECK(t.inner->asked.size() == c.asked);
            if (!c.come.empty())
                CHECK(t.inner->finds_before_first == 0);
            for (std::size_t i = 1; i < t.inner->asked.size(); ++i) {
                auto const& again = t.inner->asked[i];
                CHECK(again.study_instance_uid == "1.2");
                CHECK(again.series_instance_uid == told_archive::series_of(again.sop_instance_uid));
            }
            REQUIRE(all.has_value() == !c.result.has_value());
            if (all) {
                CHECK(all->instances == t.parts.parts.size());
                bool const confirmed = c.verify == verify_mode::strict;
                CHECK(all->issues.empty() == confirmed);
                continue;
            }
            CHECK(all.error().code == *c.result);
            if (*c.result == errc::not_yet)
                CHECK(all.error().retry_after == upstream::while_it_is_fetched);
            if (c.fails == c.result && c.result != errc::not_found)
                CHECK(all.error().where == "retrieve");
        }
    }
}

TEST_CASE("missing ones are asked for in two rounds")
{
    tried t;
    t.inner->listed = {"1.1", "1.2"};
    t.inner->retrievals.push_back({.come = {"1.1"}, .fails = {}});
    int asked = 0;
    t.inner->single = [&](std::string const&) { return ++asked == 1 ? std::optional(errc::aborted) : std::nullopt; };
    CHECK(t.retrieve().has_value());
    CHECK(t.parts.uids() == "1.1 1.2");
    CHECK(asked == 2);
}

TEST_CASE("an archive is not asked for hundreds of single instances, nor over a way that is broken")
{
    tried t;
    for (int i = 0; i < 300; ++i)
        t.inner->listed.push_back("1." + std::to_string(i));
    t.inner->retrievals.push_back({.come = {"1.1"}, .fails = {}});
    int asked = 0;
    SUBCASE("too many")
    {
        t.inner->single = [&](std::string const&) {
            ++asked;
            return std::optional<errc>();
        };
        CHECK(t.retrieve().error().code == errc::incomplete);
        CHECK(asked == 0);
    }
    SUBCASE("a broken way")
    {
        t.inner->listed.resize(50);
        t.inner->single = [&](std::string const&) {
            ++asked;
            return std::optional(errc::unreachable);
        };
        CHECK(t.retrieve().error().code == errc::incomplete);
        CHECK(asked == 1);
    }
}

TEST_CASE("what nothing confirms is told with the reason")
{
    tried t;
    t.inner->listed = {"1.1", "1.2"};
    t.inner->retrievals.push_back({.come = {"1.1", "1.2"}, .fails = {}});
    std::string_view why;
    SUBCASE("a limit that is configured")
    {
        t.source.quirks.max_results = 2;
        why = "its list has as many rows as quirks.max_results";
    }
    SUBCASE("an answer that was cut, or may have been")
    {
        t.inner->truncates = true;
        why = "its list may have ended for a limit (quirks.max_results says where that is, or that there is none)";
    }
    SUBCASE("more than it lists")
    {
        t.inner->listed = {"1.1"};
        why = "more came, or were counted, than it lists";
    }
    auto const all = t.retrieve();
    REQUIRE_FALSE(all.has_value());
    CHECK(all.error().where == "source web: nothing confirms that all instances came: " + std::string(why));
}

TEST_CASE("a list of instances: what came of it, and nothing else, and nothing is asked again")
{
    struct {
        char const* name;
        list come;
        char const* came;
        std::optional<errc> fails;
        std::optional<errc> result;
    } const cases[] = {
        {"all", {"2.3", "2.1"}, "2.3 2.1", {}, {}},
        {"the whole series", {"2.1", "2.2", "2.3"}, "2.1 2.3", {}, {}},
        {"one twice", {"2.1", "2.1", "2.3"}, "2.1 2.3", {}, {}},
        {"a part", {"2.1"}, "2.1", {}, errc::incomplete},
        {"none", {}, "", {}, errc::incomplete},
        {"a part, and a failure", {"2.1"}, "2.1", errc::aborted, errc::aborted},
        {"refused", {}, "", errc::refused, errc::refused},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        tried t;
        t.inner->listed = {"2.1", "2.2", "2.3"};
        t.inner->retrievals.push_back({.come = c.come, .fails = c.fails});
        auto const got = t.retrieve({"1.2", "1.2.2", "", {}, {"2.1", "2.3"}});
        CHECK(t.parts.uids() == c.came);
        CHECK(t.inner->asked.size() == 1);
        CHECK(t.inner->finds.empty());
        CHECK(got.has_value() == !c.result);
        if (c.result)
            CHECK(got.error().code == *c.result);
        else
            CHECK(got->instances == 2);
    }
}

TEST_CASE("a series, and one instance")
{
    tried t;
    t.inner->listed = {"1.1", "2.1", "2.2"};
    SUBCASE("a series is compared with itself")
    {
        t.inner->retrievals.push_back({.come = {"2.1", "2.2"}, .fails = {}});
        CHECK(t.retrieve({"1.2", "1.2.2", {}}).has_value());
        for (auto const& find : t.inner->finds)
            CHECK(find.at != mapping::level::study);
    }
    SUBCASE("a series that lacks one")
    {
        t.inner->retrievals.push_back({.come = {"2.1"}, .fails = {}});
        CHECK(t.retrieve({"1.2", "1.2.2", {}}).error().code == errc::incomplete);
    }
    SUBCASE("an instance needs no listing")
    {
        t.inner->retrievals.push_back({.come = {"2.1"}, .fails = {}});
        auto const all = t.retrieve({"1.2", "1.2.2", "2.1"});
        REQUIRE(all.has_value());
        CHECK(all->instances == 1);
        CHECK(t.inner->finds.empty());
    }
    SUBCASE("an archive that sends the series for the instance")
    {
        t.inner->retrievals.push_back({.come = {"2.2", "2.1"}, .fails = {}});
        CHECK(t.retrieve({"1.2", "1.2.2", "2.1"}).has_value());
        CHECK(t.parts.uids() == "2.1");
    }
    SUBCASE("an archive that sends another one")
    {
        t.inner->retrievals.push_back({.come = {"2.2"}, .fails = {}});
        CHECK(t.retrieve({"1.2", "1.2.2", "2.1"}).error().code == errc::not_yet);
        CHECK(t.parts.uids().empty());
    }
    SUBCASE("an instance whose sub-operation failed is there, whatever the listing says")
    {
        t.inner->retrievals.push_back({.come = {}, .fails = errc::incomplete});
        CHECK(t.retrieve({"1.2", "1.2.2", "2.9"}).error().code == errc::incomplete);
    }
    SUBCASE("an instance that is not there")
    {
        t.inner->retrievals.push_back({});
        CHECK(t.retrieve({"1.2", "1.2.2", "2.9"}).error().code == errc::not_found);
    }
}

TEST_CASE("a receiver that has enough ends it, and nothing is asked after that")
{
    tried t;
    t.inner->listed = {"1.1", "1.2"};
    t.inner->retrievals.push_back({.come = {"1.1", "1.2"}, .fails = {}});
    auto code = errc::cancelled;
    SUBCASE("gone") {}
    SUBCASE("stalled")
    {
        code = errc::stalled;
    }
    t.parts.on_write = [&] { return t.parts.parts.size() < 2 ? result<void>() : fail(code, "the client"); };
    auto const all = t.retrieve();
    REQUIRE_FALSE(all.has_value());
    CHECK(all.error().code == code);
    CHECK(all.error().where == "the client");
    CHECK(t.inner->asked.size() == 1);
}

TEST_CASE("a retrieve that is cancelled while it waits for the listing ends it")
{
    tried t;
    t.inner->listed = {"1.1"};
    t.inner->retrievals.push_back({.come = {"1.1"}, .fails = {}});
    steady_timer gate(t.on.get_executor(), time_point::max());
    t.inner->gate = &gate;
    SUBCASE("one association")
    {
        t.source.limits.associations = 1;
    }
    SUBCASE("two") {}
    retrieve_request const request{"1.2", {}, {}};
    asio::cancellation_signal cancel;
    std::optional<result<upstream::retrieved>> all;
    asio::co_spawn(
        t.on, t.archive->retrieve(request, t.parts, clock::now() + 20s),
        asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr e, result<upstream::retrieved> got) {
            CHECK_FALSE(e);
            all.emplace(std::move(got));
        }));
    t.on.poll();
    CHECK_FALSE(all.has_value());
    CHECK(t.parts.uids() == "1.1");
    CHECK(t.inner->finds.size() == 1);
    cancel.emit(asio::cancellation_type::terminal);
    t.on.poll();
    REQUIRE(all.has_value());
    REQUIRE_FALSE(all->has_value());
    CHECK(all->error().code == errc::cancelled);
}
