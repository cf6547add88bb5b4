#include "upstream/dicomweb/ups_worklist.hpp"

#include "mapping/matching.hpp"
#include "tests/upstream/dicomweb/client.hpp"

#include <doctest/doctest.h>

using namespace pons;
using mapping::match_key;
using mapping::tag;
using mapping::operator""_vr;
namespace tags = mapping::tags;

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
        CHECK(upstream::dicomweb::workitems_target("/base", c.keys, 200, 0) == all);
        CHECK(upstream::dicomweb::workitems_target("/base", c.keys, 200, 400) == all + "&offset=400");
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
        {"workitems without UIDs, which are none twice",
         test::json(R"([{"00100020":{"vr":"LO","Value":["P1"]}},{"00100020":{"vr":"LO","Value":["P2"]}}])"), 2, 0},
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
