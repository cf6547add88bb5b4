#include "upstream/dicomweb/dicomweb_archive.hpp"

#include "tests/upstream/dicomweb/client.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

using namespace pons;
using namespace pons::test;
using upstream::errc;
namespace tags = mapping::tags;

TEST_CASE("what had to be encoded and is not found is asked for once more, for servers that do not decode")
{
    using targets = std::vector<std::string>;
    struct {
        char const* name;
        mapping::key asked;
        config::query_encoding encoding;
        char const* knows;  ///< what finds a study
        targets queries;
        std::uint32_t rows;
        std::size_t remarks;
        bool wildcards = true;
    } const cases[] = {
        {"a server that decodes",
         {tags::AccessionNumber, {"a|b"}},
         config::query_encoding::strict,
         "a%7Cb",
         {"a%7Cb"},
         1,
         0},
        {"one that does not",
         {tags::AccessionNumber, {"a|b"}},
         config::query_encoding::strict,
         "a?b",
         {"a%7Cb", "a?b"},
         1,
         0},
        {"nothing to be found, and it may neither decode nor have wild cards",
         {tags::AccessionNumber, {"a|b"}},
         config::query_encoding::strict,
         "",
         {"a%7Cb", "a?b"},
         0,
         1},
        {"nothing encoded", {tags::AccessionNumber, {"a*b"}}, config::query_encoding::strict, "", {"a*b"}, 0, 0},
        {"it is known not to", {tags::AccessionNumber, {"a|b"}}, config::query_encoding::minimal, "a?b", {"a?b"}, 1, 0},
        {"it is known not to, and may have no wild cards",
         {tags::AccessionNumber, {"a|b"}},
         config::query_encoding::minimal,
         "",
         {"a?b"},
         0,
         1},
        {"it refuses what is not encoded",
         {tags::PatientName, {"A^B"}},
         config::query_encoding::strict,
         "refuses",
         {"A%5EB", "A^B"},
         0,
         0},
        {"no letter is left",
         {tags::PatientName, {"*\xE5\xB1\xB1*"}},
         config::query_encoding::strict,
         "",
         {"*%E5%B1%B1*"},
         0,
         1},
        {"no wild card can stand for it",
         {tags::AccessionNumber, {"a|b"}},
         config::query_encoding::strict,
         "",
         {"a%7Cb"},
         0,
         1,
         false},
        {"no wild card can stand for it, and it is known not to decode",
         {tags::AccessionNumber, {"a|b"}},
         config::query_encoding::minimal,
         "",
         {"a%7Cb"},
         0,
         1,
         false},
        {"as it is, without wild cards",
         {tags::PatientName, {"A^B"}},
         config::query_encoding::strict,
         "A^B",
         {"A%5EB", "A^B"},
         1,
         0,
         false},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        asio::io_context on;
        targets heard;
        http_stub stub(on, [&](http_request const& request) {
            auto const from = request.target.find('=') + 1;
            heard.push_back(request.target.substr(from, request.target.find('&') - from));
            if (c.knows == std::string("refuses") && heard.size() == 2)
                return http_reply{.bytes = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"};
            return json(heard.back() == c.knows ? studies(0, 1) : "[]");
        });
        auto source = source_at(stub.url());
        source.quirks.query_encoding = c.encoding;
        source.quirks.wildcards = c.wildcards;
        client peer(on, source);
        auto request = all_studies();
        request.keys.push_back(c.asked);
        auto const found = peer.find(request);
        REQUIRE(found.has_value());
        CHECK(found->rows == c.rows);
        CHECK(found->issues.size() == c.remarks);
        CHECK(heard == c.queries);
    }
}

TEST_CASE("where a wild card that stood for something has found something, another one that does not is believed")
{
    asio::io_context on;
    http_stub stub(on, [&](http_request const& request) {
        return json(request.target.find("a?b") != std::string::npos
                        ? R"([{"0020000D":{"vr":"UI","Value":["1.2.1"]},"00080050":{"vr":"SH","Value":["a|b"]}}])"
                        : "[]");
    });
    auto source = source_at(stub.url());
    source.quirks.query_encoding = config::query_encoding::minimal;
    client peer(on, source);
    for (auto const& [value, remarks] : {std::pair("c|d", 1U), std::pair("a|b", 0U), std::pair("c|d", 0U)}) {
        CAPTURE(std::string(value));
        auto request = all_studies();
        request.keys.push_back({tags::AccessionNumber, {value}});
        auto const found = peer.find(request);
        REQUIRE(found.has_value());
        CHECK(found->issues.size() == remarks);
    }
}

TEST_CASE("nothing is believed of a server that was seen to decode, or to have wild cards, when one key decided")
{
    using keys = std::vector<mapping::key>;
    mapping::key const by_uid{tags::StudyInstanceUID, {"1.2"}};
    struct {
        char const* name;
        keys before;
        char const* told;  ///< the Patient's Name and Accession Number of what comes
        std::uint32_t remarks;
    } const cases[] = {
        {"nothing before", {}, "", 1},
        {"an encoded value", {{tags::AccessionNumber, {"a|b"}}}, "a|b", 0},
        {"encoded as every server decodes it", {{tags::AccessionNumber, {"a b"}}}, "a b", 1},
        {"a wild card", {{tags::PatientName, {"Do*"}}}, "Doe", 0},
        {"the same with a date", {{tags::PatientName, {"Do*"}}, {tags::StudyDate, {"20240101-"}}}, "Doe", 0},
        {"neither", {{tags::PatientID, {"P1"}}}, "P1", 1},
        {"beside a UID", {{tags::PatientName, {"Do*"}}, by_uid}, "Doe", 1},
        {"where none acts", {{tags::StudyInstanceUID, {"1.2*"}}}, "", 1},
        {"a key that is left aside", {{tags::PatientName, {"Do*"}}}, "Roe", 1},
        {"one that is left aside, encoded", {{tags::AccessionNumber, {"a|b"}}}, "a", 1},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        asio::io_context on;
        std::string const row = R"([{"0020000D":{"vr":"UI","Value":["1.2.1"]},"00080050":{"vr":"SH","Value":[")" +
                                std::string(c.told) + R"("]},"00100010":{"vr":"PN","Value":[{"Alphabetic":")" + c.told +
                                R"("}]}}])";
        http_stub stub(on, [&](http_request const& request) {
            bool const is_held =
                request.target.find("c%7Cd") == std::string::npos && request.target.find("c?d") == std::string::npos;
            return json(is_held ? row : "[]");
        });
        client peer(on, source_at(stub.url()));
        auto const find = [&](keys const& asked) {
            auto request = all_studies();
            request.return_keys.insert(request.return_keys.end(), {tags::AccessionNumber, tags::PatientName});
            request.keys.insert(request.keys.end(), asked.begin(), asked.end());
            return peer.find(request);
        };
        if (!c.before.empty())
            REQUIRE(find(c.before).has_value());
        auto const found = find({{tags::AccessionNumber, {"c|d"}}});
        REQUIRE(found.has_value());
        CHECK(found->rows == 0);
        CHECK(found->issues.size() == c.remarks);
    }
}

TEST_CASE("a server that refuses lists of fields is asked for each by itself, and so from then on")
{
    asio::io_context on;
    std::vector<std::string> heard;
    http_stub stub(on, [&](http_request const& request) {
        heard.push_back(request.target);
        if (request.target.find(',') != std::string::npos)
            return http_reply{.bytes = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"};
        return json(studies(0, 1));
    });
    client peer(on, source_at(stub.url()));
    auto request = all_studies();
    request.return_keys.push_back(tags::StudyDate);
    for (int i = 0; i < 2; ++i) {
        auto const found = peer.find(request);
        REQUIRE(found.has_value());
        CHECK(found->rows == 1);
    }
    REQUIRE(heard.size() == 3);
    CHECK(heard[1].find("includefield=StudyInstanceUID&includefield=StudyDate") != std::string::npos);
    CHECK(heard[2] == heard[1]);
}
