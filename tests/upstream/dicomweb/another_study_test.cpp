#include "tests/support/raw_scp.hpp"
#include "tests/upstream/collected_parts.hpp"
#include "tests/upstream/dicomweb/client.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;
using upstream::errc;
using upstream::retrieve_request;

namespace {

std::string file(std::string const& uid, std::string const& study, std::string const& series,
                 std::string const& before = {})
{
    return dicom_file(
        uid, explicit_element(0x00080018, "UI", uid, '\0') + before + explicit_element(0x0020000D, "UI", study, '\0') +
                 explicit_element(0x0020000E, "UI", series, '\0') + explicit_element(0x00200010, "SH", "ID"));
}

http_reply multipart(std::vector<std::string> const& files, std::size_t piece = 0)
{
    std::string body;
    for (auto const& each : files)
        body += "--edge\r\nContent-Type: application/dicom\r\n\r\n" + each + "\r\n";
    auto reply = answer(200, body + "--edge--\r\n",
                        "Content-Type: multipart/related; type=\"application/dicom\"; boundary=edge\r\n");
    reply.piece = piece;
    return reply;
}

}  // namespace

TEST_CASE("an instance of another study or series is never handed on")
{
    struct {
        char const* name;
        retrieve_request request;
        std::vector<std::string> files;
        std::size_t instances;  ///< that come whole before it
    } const cases[] = {
        {"alone", {"1.2", {}, {}}, {file("1.9.1.1", "1.9", "1.9.1")}, 0},
        {"behind a right one", {"1.2", {}, {}}, {file("1.2.1.1", "1.2", "1.2.1"), file("1.9.1.1", "1.9", "1.9.1")}, 1},
        {"of another series", {"1.2", "1.2.1", {}}, {file("1.2.2.1", "1.2", "1.2.2")}, 0},
        {"the beginning of whose UID is right", {"1.2", {}, {}}, {file("1.20.1.1", "1.20", "1.20.1")}, 0},
        {"behind a long comment",
         {"1.2", {}, {}},
         {file("1.9.1.1", "1.9", "1.9.1", explicit_element(0x00104000, "LT", std::string(10000, 'x')))},
         0},
    };
    for (auto const& c : cases)
        for (auto const piece : {0UL, 1000UL, 7UL}) {
            CAPTURE(std::string(c.name));
            CAPTURE(piece);
            asio::io_context on;
            http_stub stub(on, [&](http_request const&) { return multipart(c.files, piece); });
            client source(on, source_at(stub.url()));
            collected_parts parts;
            auto const all = run_on(on, source.archive->retrieve(c.request, parts, clock::now() + 20s));
            REQUIRE_FALSE(all.has_value());
            CHECK(all.error().code == errc::malformed);
            CHECK(all.error().where.find("1.9") == std::string::npos);
            CHECK(parts.parts.size() == c.instances);
            CHECK(parts.faults.empty());
            CHECK(source.budget->in_use() == 0);
        }
}

TEST_CASE("what stands before the UIDs of an instance is not lost, however it comes")
{
    for (auto const comment : {0UL, 3000UL, 64000UL, 65534UL})
        for (auto const piece : {0UL, 900UL, 13UL}) {
            CAPTURE(comment);
            CAPTURE(piece);
            auto const one =
                file("1.2.1.1", "1.2", "1.2.1", explicit_element(0x00104000, "LT", std::string(comment, 'x')));
            auto const two = file("1.2.1.2", "1.2", "1.2.1");
            asio::io_context on;
            http_stub stub(on, [&](http_request const&) { return multipart({one, two}, piece); });
            client source(on, source_at(stub.url()));
            collected_parts parts;
            retrieve_request const request{"1.2", "1.2.1", {}};
            auto const all = run_on(on, source.archive->retrieve(request, parts, clock::now() + 20s));
            REQUIRE_MESSAGE(all.has_value(), all.error().where);
            REQUIRE(parts.parts.size() == 2);
            CHECK(parts.parts.at(0).bytes == one);
            CHECK(parts.parts.at(1).bytes == two);
            CHECK(parts.faults.empty());
        }
}
