#include "upstream/dicomweb/ups_worklist.hpp"

#include "mapping/matching.hpp"
#include "tests/upstream/dicomweb/client.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace pons;
using mapping::match_key;
using mapping::tag;
using mapping::operator""_vr;
namespace tags = mapping::tags;

namespace {

/// `[from, to)` as workitems.
std::string workitems(int from, int to)
{
    std::string all = "[";
    for (int i = from; i < to; ++i)
        all.append(i == from ? "" : ",")
            .append(R"({"00080018":{"vr":"UI","Value":["2.25.)" + std::to_string(i) + R"("]}})");
    return all + "]";
}

/// A server of workitems, and a worklist before it.
struct bench {
    int items = 0;
    int page = 0;  ///< most of one answer, whatever `limit` says; nothing is said of the rest
    bool offset = true;
    bool refuses_offset = false;
    bool announces = false;
    int begun = 0;  ///< so many are no longer SCHEDULED after the first page
    config::quirks known{};

    struct outcome {
        std::uint32_t rows = 0;
        bool incomplete = false;
        std::vector<int> offsets;  ///< that it was asked for
    };
    /// Asks for everything, while it has so many items one time after the other, 0: as many as it has; what the last
    /// one came to.
    outcome find(std::vector<int> const& held_each_time = {0})
    {
        outcome all;
        asio::io_context on;
        test::http_stub server(on, [&](test::http_request const& asked) {
            auto const from = test::parameter(asked.target, "offset", 0);
            all.offsets.push_back(from);
            if (refuses_offset && from != 0)
                return test::answer(400);
            auto const first = offset ? std::min(from, items) : 0;
            auto const last = std::min(
                {items, first + (page == 0 ? items : page), first + test::parameter(asked.target, "limit", 200)});
            auto const more = announces && last < items;
            auto const gone = all.offsets.size() > 1 ? begun : 0;
            return test::json(workitems(first + gone, std::min(items, last + gone)),
                              more ? "Warning: 299 web \"There are additional results\"\r\n" : "");
        });
        auto source = test::source_at(server.url());
        source.quirks = known;
        auto const worklist =
            upstream::dicomweb::make_worklist(source, std::make_shared<upstream::budget>(source.name, source.limits));
        mapping::data_set const identifier;
        upstream::worklist_query const query{.identifier = identifier, .keys = {}, .charset = {}, .max_rows = 10'000};
        for (auto const held : held_each_time) {
            items = held == 0 ? items : held;
            all.offsets.clear();
            test::collected rows;
            auto const found = test::run_on(on, worklist->find(query, rows, clock::now() + std::chrono::seconds(20)));
            REQUIRE(found);
            CHECK(rows.rows.size() == found->rows);
            all.rows = found->rows;
            all.incomplete =
                std::ranges::find(found->issues, issue::kind::incomplete, &issue::what) != found->issues.end();
            CHECK(found->truncated == all.incomplete);
        }
        return all;
    }
};

config::quirks knowing(std::uint32_t max_results, std::uint32_t page_limit, bool offset = true)
{
    config::quirks q;
    q.max_results = max_results;
    q.page_limit = page_limit;
    q.offset = offset;
    return q;
}

}  // namespace

TEST_CASE("what is pushed to a UPS-RS server only narrows")
{
    constexpr tag step{0x00400100};
    constexpr tag start_date{0x00400002};
    match_key const patient{.path = {tags::PatientID}, .as = "LO"_vr, .values = {"A&B"}};
    match_key const some_patients{.path = {tags::PatientID}, .as = "LO"_vr, .values = {"A*"}};
    auto const day = [&](char const* value) {
        return match_key{.path = {step, start_date}, .as = "DA"_vr, .values = {value}};
    };
    struct {
        char const* name;
        std::vector<match_key> keys;
        char const* pushed;
    } const cases[] = {
        {"nothing", {}, ""},
        {"a patient", {patient, day("20240301")}, "&PatientID=A%26B"},
        {"patients by wild card", {some_patients}, ""},
        {"a day", {day("20240301")}, "&ScheduledProcedureStepStartDateTime=20240229-20240303"},
        {"a range", {day("20231231-20240101")}, "&ScheduledProcedureStepStartDateTime=20231230-20240103"},
        {"an open range", {day("20240301-")}, "&ScheduledProcedureStepStartDateTime=20240229-"},
        {"another key of the step", {{.path = {step, tags::Modality}, .as = "CS"_vr, .values = {"CT"}}}, ""},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto const all =
            std::string("/base/workitems?ProcedureStepState=SCHEDULED") + c.pushed + "&includefield=all&limit=200";
        CHECK(upstream::dicomweb::workitems_target("/base", c.keys, {.limit = 200}) == all);
        CHECK(upstream::dicomweb::workitems_target("/base", c.keys, {.limit = 200, .offset = 400}) ==
              all + "&offset=400");
    }
}

TEST_CASE("a start is told by the clocks of the source's time zone")
{
    asio::io_context on;
    test::http_stub server(on, [&](test::http_request const&) {
        return test::json(R"([{"00404005":{"vr":"DT","Value":["20240706223000+0000"]}}])");
    });
    auto source = test::source_at(server.url());
    source.timezone = "Europe/Vienna";
    auto const worklist =
        upstream::dicomweb::make_worklist(source, std::make_shared<upstream::budget>(source.name, source.limits));
    mapping::data_set const identifier;
    upstream::worklist_query const query{.identifier = identifier, .keys = {}, .charset = {}, .max_rows = 10};
    test::collected rows;
    REQUIRE(test::run_on(on, worklist->find(query, rows, clock::now() + std::chrono::seconds(20))));
    REQUIRE(rows.rows.size() == 1);
    auto const& step = rows.rows.front().items(tag{0x00400100}).front();
    CHECK(step.text(tag{0x00400002}) == "20240707");
    CHECK(step.text(tag{0x00400003}) == "003000");
}

TEST_CASE("no workitem of a page is lost, and none of those that the server says there are more")
{
    struct {
        char const* name;
        test::http_reply page;
        std::uint32_t rows;
        std::size_t issues;
    } const cases[] = {
        {"none", test::json("[]"), 0, 0},
        {"no content", test::answer(204), 0, 0},
        {"more by a warning", test::json("[]", "Warning: 299 web \"There are additional results\"\r\n"), 0, 1},
        {"a part", test::answer(206, "[]", "Content-Type: application/dicom+json\r\n"), 0, 1},
        {"workitems without UIDs, of a server that gives the same again",
         test::json(R"([{"00100020":{"vr":"LO","Value":["P1"]}},{"00100020":{"vr":"LO","Value":["P2"]}}])"), 2, 1},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        asio::io_context on;
        test::http_stub server(on, [&](test::http_request const&) { return c.page; });
        auto const source = test::source_at(server.url());
        auto const worklist =
            upstream::dicomweb::make_worklist(source, std::make_shared<upstream::budget>(source.name, source.limits));
        mapping::data_set const identifier;
        upstream::worklist_query const query{.identifier = identifier, .keys = {}, .charset = {}, .max_rows = 10};
        test::collected rows;
        auto const found = test::run_on(on, worklist->find(query, rows, clock::now() + std::chrono::seconds(20)));
        REQUIRE(found);
        CHECK(found->rows == c.rows);
        CHECK(rows.rows.size() == c.rows);
        CHECK(found->issues.size() == c.issues);
    }
}

TEST_CASE("a server that stops without a word is asked for what lies beyond its page")
{
    using offsets = std::vector<int>;
    struct {
        char const* name;
        bench server;
        std::uint32_t rows;
        bool incomplete;
        offsets asked;
    } const cases[] = {
        {"silent pages", {.items = 150, .page = 60}, 150, false, {0, 59, 118}},
        {"as many as fill its pages", {.items = 119, .page = 60}, 119, false, {0, 59, 118}},
        {"all at once", {.items = 7}, 7, false, {0, 6}},
        {"one is begun while they are asked for", {.items = 100, .page = 60, .begun = 1}, 100, true, {0, 59}},
        {"offset is ignored", {.items = 7, .offset = false}, 7, true, {0, 6}},
        {"offset is ignored, as is known", {.items = 7, .offset = false, .known = knowing(0, 0, false)}, 7, false, {0}},
        {"offset is ignored, and more was announced",
         {.items = 9, .page = 7, .offset = false, .announces = true},
         7,
         true,
         {0, 6}},
        {"offset is refused", {.items = 7, .refuses_offset = true}, 7, true, {0, 6}},
        {"no offset, as is known", {.items = 7, .refuses_offset = true, .known = knowing(0, 0, false)}, 7, false, {0}},
        {"no offset, as is known, and more was announced",
         {.items = 9, .page = 7, .announces = true, .known = knowing(0, 0, false)},
         7,
         true,
         {0}},
        {"pages of a length that is known",
         {.items = 150, .page = 60, .known = knowing(0, 60)},
         150,
         false,
         {0, 59, 118}},
        {"less than a page of a length that is known",
         {.items = 59, .page = 60, .known = knowing(0, 60)},
         59,
         false,
         {0, 58}},
        {"below the limit that is known", {.items = 4, .page = 5, .known = knowing(5, 0)}, 4, false, {0, 3}},
        {"at the limit that is known",
         {.items = 9, .page = 5, .offset = false, .known = knowing(5, 0)},
         5,
         true,
         {0, 4}},
    };
    for (auto c : cases) {
        CAPTURE(c.name);
        auto const told = c.server.find();
        CHECK(told.rows == c.rows);
        CHECK(told.incomplete == c.incomplete);
        CHECK(told.offsets == c.asked);
    }
}

TEST_CASE("a page that is shorter than one before was not cut")
{
    bench server{.items = 150, .page = 60};
    auto const told = server.find({150, 59});
    CHECK(told.rows == 59);
    CHECK(!told.incomplete);
    CHECK(told.offsets == std::vector<int>{0});
}
