#include "tests/upstream/dicomweb/client.hpp"
#include "upstream/dicomweb/json_objects.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;
using upstream::errc;
using upstream::retrieve_request;
using upstream::dicomweb::json_objects;
namespace tags = mapping::tags;

namespace {

/// The objects of a text, each with a bar behind it, then "." when it may end there, or the error.
std::string objects(std::string const& text, std::size_t piece, std::size_t limit = 100)
{
    json_objects cutter(limit);
    std::string all;
    for (std::size_t at = 0; at < text.size(); at += piece) {
        auto const now = text.substr(at, piece);
        for (std::string_view rest = now; !rest.empty();) {
            auto const seen = cutter.next(rest);
            if (!seen)
                return all + "!" + seen.error().code.message();
            if (*seen == json_objects::kind::object)
                all += cutter.text() + "|";
        }
    }
    return all + (cutter.ended() ? "." : "");
}

result<upstream::found> metadata(client& c, collected& rows, retrieve_request const& request = {"1.2", {}, {}})
{
    return run_on(c.on, c.archive->retrieve_metadata(request, rows, clock::now() + 20s));
}

std::string row(std::string const& uid)
{
    return R"({"00080018":{"vr":"UI","Value":[")" + uid +
           R"("]},"00280010":{"vr":"US","Value":[512]},"7FE00010":{"vr":"OW","BulkDataURI":"bulk/7"}})";
}

}  // namespace

TEST_CASE("cuts an array into its objects, wherever the network cuts it")
{
    auto const malformed = "!" + make_error_code(errc::malformed).message();
    auto const too_large = "!" + make_error_code(errc::too_large).message();
    struct {
        char const* text;
        std::string seen;
    } const cases[] = {
        {"", "."},
        {"[]", "."},
        {" [ {} , {\"a\":1} ] \n", "{}|{\"a\":1}|."},
        {"{\"a\":[{}]}", "{\"a\":[{}]}|."},
        {"\xEF\xBB\xBF[{}]", "{}|."},
        {R"([{"a":"}]{\"","b\\":"\\"},{"c":"["}])", R"({"a":"}]{\"","b\\":"\\"}|{"c":"["}|.)"},
        {"[{}", "{}|"},
        {"[{\"a", ""},
        {"[", ""},
        {"[{},", "{}|"},
        {"[{},]", "{}|" + malformed},
        {"[{}{}]", "{}|" + malformed},
        {"[,{}]", malformed},
        {"{}{}", "{}|" + malformed},
        {"[[{}]]", malformed},
        {"[null]", malformed},
        {"[]]", malformed},
        {"<html>", malformed},
        {"]", malformed},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.text));
        for (std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{5}, std::size_t{1000}})
            CHECK(objects(c.text, piece) == c.seen);
    }
    auto const large = "[{\"a\":\"" + std::string(200, 'x') + "\"}]";
    CHECK(objects(large, 7) == too_large);
    CHECK(objects(large, 1000) == too_large);
}

TEST_CASE("retrieves metadata, one data set at a time")
{
    asio::io_context on;
    http_reply reply = json("[" + row("1.2.1") + "," + row("1.2.2") + "]");
    SUBCASE("at once") {}
    SUBCASE("in pieces")
    {
        reply.piece = 7;
    }
    SUBCASE("gzip")
    {
        reply = json(gzip("[" + row("1.2.1") + "," + row("1.2.2") + "]"), "Content-Encoding: gzip\r\n");
    }
    http_stub stub(on, [&](http_request const&) { return reply; });
    client c(on, source_at(stub.url()));
    collected rows;
    auto const all = metadata(c, rows, {"1.2", "1.3", {}});
    REQUIRE(all.has_value());
    CHECK(all->rows == 2);
    CHECK(all->issues.empty());
    REQUIRE(rows.rows.size() == 2);
    CHECK(rows.rows[1].text(tags::SOPInstanceUID) == "1.2.2");
    CHECK(rows.rows[1].text(mapping::tag{0x00280010}) == "512");
    CHECK(rows.rows[1].text(mapping::tag{0x7FE00010}) == "bulk/7");
    CHECK(stub.requests().at(0).target == "/dicom-web/studies/1.2/series/1.3/metadata");
    CHECK(stub.requests().at(0).head.find("\r\nAccept: application/dicom+json\r\n") != std::string::npos);
    CHECK(c.budget->in_use() == 0);
    CHECK(metadata(c, rows).has_value());
    CHECK(stub.connections() == 1);
}

TEST_CASE("every way to fail to give metadata has its own error")
{
    auto const two = "[" + row("1.2.1") + "," + row("1.2.2") + "]";
    auto const short_by = [&](std::size_t n) {
        auto reply = json(two);
        reply.bytes.resize(reply.bytes.size() - n);
        reply.close = true;
        return reply;
    };
    struct {
        char const* name;
        http_reply reply;
        errc code;
        std::size_t rows = 0;
    } const cases[] = {
        {"404", answer(404), errc::not_found},
        {"204", answer(204), errc::not_found},
        {"400", answer(400), errc::unsupported},
        {"405", answer(405), errc::unsupported},
        {"406", answer(406), errc::unsupported},
        {"501", answer(501), errc::unsupported},
        {"500", answer(500), errc::refused},
        {"503", answer(503), errc::overloaded},
        {"a page for people", answer(200, "<html>"), errc::malformed},
        {"an array that is cut off", json(two.substr(0, two.size() - 1)), errc::aborted, 2},
        {"an object that is cut off", json(two.substr(0, two.size() - 5)), errc::aborted, 1},
        {"closed in the middle", short_by(5), errc::aborted, 1},
        {"an object that is no JSON", json("[" + row("1.2.1") + ",{\"00080018\":}]"), errc::malformed, 1},
        {"an object without end", json("[{\"00080018\":{\"vr\":\"UT\",\"Value\":[\"" + std::string(5 << 20, 'x')),
         errc::too_large},
        {"206", answer(206, two), errc::incomplete, 2},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        asio::io_context on;
        http_stub stub(on, [&](http_request const&) { return c.reply; });
        client source(on, source_at(stub.url()));
        collected rows;
        auto const all = metadata(source, rows);
        REQUIRE_FALSE(all.has_value());
        CHECK(all.error().code == c.code);
        CHECK(all.error().where.starts_with("source web: "));
        CHECK(rows.rows.size() == c.rows);
        CHECK(source.budget->in_use() == 0);
    }
}

TEST_CASE("a server that cannot make metadata is asked for it once")
{
    int asked = 0;
    asio::io_context on;
    http_stub stub(on, [&](http_request const&) {
        ++asked;
        return answer(406);
    });
    client source(on, source_at(stub.url()));
    for (int i = 0; i < 2; ++i) {
        collected rows;
        auto const all = metadata(source, rows);
        REQUIRE_FALSE(all.has_value());
        CHECK(all.error().code == errc::unsupported);
    }
    CHECK(asked == 1);
}
