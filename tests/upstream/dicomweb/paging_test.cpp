#include "tests/upstream/dicomweb/client.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;
using upstream::errc;
namespace tags = mapping::tags;

namespace {

/// A server with `matches` studies that gives `cap` at most.
http_stub::script paged(int matches, int cap, bool warns)
{
    return [=](http_request const& r) {
        auto const from = std::min(parameter(r.target, "offset", 0), matches);
        auto const to = std::min(matches, from + std::min(cap, parameter(r.target, "limit", matches)));
        std::string const warning = "Warning: 299 h: There are " + std::to_string(matches - to) +
                                    " additional results that can be requested\r\n";
        if (from == to)
            return answer(204);
        return json(studies(from, to), warns && to < matches ? warning : "");
    };
}

}  // namespace

TEST_CASE("asks for pages until all is had")
{
    struct {
        char const* name;
        http_stub::script server;
        std::uint32_t page_limit;
        std::uint32_t rows;
        std::vector<int> offsets;
    } const cases[] = {
        {"our own limit", paged(7, 100, false), 3, 7, {0, 2, 4, 6}},
        {"a cap with a warning", paged(7, 3, true), 0, 7, {0, 2, 4}},
        {"a silent cap", paged(60, 25, false), 0, 60, {0, 24, 48}},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        asio::io_context on;
        http_stub stub(on, c.server);
        auto source = source_at(stub.url());
        source.quirks.page_limit = c.page_limit;
        client one(on, source);
        collected rows;
        auto const found = one.find(rows);
        REQUIRE(found.has_value());
        CHECK(found->rows == c.rows);
        CHECK(rows.rows.size() == c.rows);
        CHECK_FALSE(found->truncated);
        CHECK(found->issues.empty());
        std::vector<int> offsets;
        for (auto const& r : stub.requests())
            offsets.push_back(parameter(r.target, "offset", 0));
        CHECK(offsets == c.offsets);
    }
}

TEST_CASE("a later page that fails fails the whole")
{
    asio::io_context on;
    http_stub stub(on, [server = paged(50, 10, true)](http_request const& r) {
        return parameter(r.target, "offset", 0) > 15 ? answer(500) : server(r);
    });
    client c(on, source_at(stub.url()));
    auto const found = c.find();
    REQUIRE_FALSE(found.has_value());
    CHECK(found.error().code == errc::refused);
}

TEST_CASE("a look beyond the end that is refused leaves it open whether there is more")
{
    asio::io_context on;
    http_stub stub(on, [](http_request const& r) {
        return parameter(r.target, "offset", 0) > 0 ? answer(400) : json(studies(0, 30));
    });
    client c(on, source_at(stub.url()));
    auto const found = c.find();
    REQUIRE(found.has_value());
    CHECK(found->rows == 30);
    CHECK(found->truncated);
    REQUIRE(found->issues.size() == 1);
    CHECK(found->issues[0].what == issue::kind::incomplete);
    CHECK(stub.requests().size() == 2);
}

TEST_CASE("a server that ignores limit and offset ends no search in a loop")
{
    asio::io_context on;
    http_stub stub(on, [](http_request const&) { return json(studies(0, 10), "Warning: 299 h: more results\r\n"); });
    client c(on, source_at(stub.url()));
    collected rows;
    auto const found = c.find(rows);
    REQUIRE(found.has_value());
    CHECK(found->rows == 10);
    CHECK(rows.rows.size() == 10);
    CHECK(found->truncated);
    REQUIRE(found->issues.size() == 1);
    CHECK(found->issues[0].what == issue::kind::incomplete);
    CHECK(stub.requests().size() == 2);
}

TEST_CASE("rows that come twice in a page are told, and given on for those who compare them")
{
    asio::io_context on;
    auto one = studies(0, 2);
    http_stub stub(
        on, [&](http_request const&) { return json(one.substr(0, one.size() - 1) + "," + studies(1, 3).substr(1)); });
    client c(on, source_at(stub.url()));
    collected rows;
    auto const found = c.find(rows);
    REQUIRE(found.has_value());
    CHECK(found->rows == 3);
    CHECK(rows.rows.size() == 4);
    CHECK_FALSE(found->truncated);
    REQUIRE(found->issues.size() == 1);
    CHECK(found->issues[0].what == issue::kind::informational);
}

TEST_CASE("stops at max_rows without asking for more than it needs")
{
    asio::io_context on;
    http_stub stub(on, paged(50, 100, false));
    auto source = source_at(stub.url());
    client c(on, source);
    collected rows;
    auto const found = c.find(rows, all_studies(5));
    REQUIRE(found.has_value());
    CHECK(rows.rows.size() == 5);
    CHECK(found->truncated);
    CHECK(parameter(stub.requests().at(0).target, "limit", 0) == 6);

    source.limits.max_rows = 10;
    client bounded(on, source);
    CHECK(bounded.find()->rows == 10);
    CHECK(bounded.find()->truncated);
}

TEST_CASE("hears what the server warns of")
{
    struct {
        char const* name;
        char const* warning;
        bool empty_values;
        bool truncated;
        std::size_t issues;
    } const cases[] = {
        {"more results", "299 h: There are 3 additional results that can be requested", false, true, 1},
        {"fuzzy matching",
         "299 h: The fuzzymatching parameter is not supported. Only literal matching has been performed.", false, false,
         0},
        {"empty values, not asked for", "299 h: Empty value matching is not supported", false, false, 0},
        {"empty values, asked for", "299 h: Empty value matching is not supported", true, true, 1},
        {"something else", "299 h: maintenance on Sunday", false, false, 1},
        {"another code", "214 h: additional", false, false, 0},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        asio::io_context on;
        http_stub stub(on, [&](http_request const&) {
            return json(studies(0, 2), "Warning: " + std::string(c.warning) + "\r\n");
        });
        client one(on, source_at(stub.url()));
        auto request = all_studies();
        if (c.empty_values)
            request.keys.push_back({tags::StudyDate, {"\"\""}});
        auto const found = one.find(request);
        REQUIRE(found.has_value());
        CHECK(found->rows == 2);
        CHECK(found->truncated == c.truncated);
        CHECK(found->issues.size() == c.issues);
    }
}

TEST_CASE("rows below STUDY get the UIDs of their resource when they lack them")
{
    asio::io_context on;
    http_stub stub(on, [](http_request const&) {
        return json(R"([{"0020000E":{"vr":"UI","Value":["1.5"]}},
                        {"0020000E":{"vr":"UI","Value":["1.6"]},"0020000D":{"vr":"UI","Value":["9.9"]}}])");
    });
    client c(on, source_at(stub.url()));
    collected rows;
    mapping::find_request const request{
        .at = mapping::level::series, .keys = {{tags::StudyInstanceUID, {"1.2"}}}, .return_keys = {}, .max_rows = 0};
    REQUIRE(c.find(rows, request).has_value());
    REQUIRE(rows.rows.size() == 2);
    CHECK(rows.rows[0].text(tags::StudyInstanceUID) == "1.2");
    CHECK(rows.rows[1].text(tags::StudyInstanceUID) == "9.9");
    CHECK(stub.requests().at(0).target == "/dicom-web/studies/1.2/series?limit=1000");
}

TEST_CASE("the same series in two studies is two rows")
{
    asio::io_context on;
    http_stub stub(on, [](http_request const&) {
        return json(R"([{"0020000E":{"vr":"UI","Value":["1.5"]},"0020000D":{"vr":"UI","Value":["1.2"]}},
                        {"0020000E":{"vr":"UI","Value":["1.5"]},"0020000D":{"vr":"UI","Value":["1.3"]}}])");
    });
    client c(on, source_at(stub.url()));
    mapping::find_request const request{.at = mapping::level::series,
                                        .keys = {{tags::StudyInstanceUID, {"1.2", "1.3"}}},
                                        .return_keys = {},
                                        .max_rows = 0};
    auto const found = c.find(request);
    REQUIRE(found.has_value());
    CHECK(found->rows == 2);
    CHECK(stub.requests().at(0).target == "/dicom-web/series?StudyInstanceUID=1.2,1.3&limit=1000");
}

TEST_CASE("what is wrong with a row is an issue, what is wrong with the answer an error")
{
    asio::io_context on;
    http_stub stub(on, [](http_request const&) { return json(R"([null,{"0020000D":{"vr":"UI","Value":["1.5"]}}])"); });
    client c(on, source_at(stub.url()));
    auto const found = c.find();
    REQUIRE(found.has_value());
    CHECK(found->rows == 1);
    REQUIRE(found->issues.size() == 1);
    CHECK(found->issues[0].what == issue::kind::incomplete);
}
