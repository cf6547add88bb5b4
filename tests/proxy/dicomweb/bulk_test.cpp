#include "tests/proxy/dicomweb/images.hpp"

using namespace pons;
using namespace pons::test;
using proxy::http::status;

namespace {

constexpr auto octets = "application/octet-stream";
std::string const instance = "/dicomweb/studies/1.2.1/series/1.2.1.1/instances/1.2.1.1.2";

struct bulk_face : images {
    fixed_state& web = add_source("web");

    bulk_face()
    {
        web.studies.push_back(a_study(1));
        add_instances(web, web.studies.back(), "1.2.840.10008.1.2.1");
        web.bulk = {{"00420011", "%PDF-1.4 a document"}, {"54000100/1/54001010", "a wave"}};
        web.bulk_at = "http://archive.internal:8042/secret/";
    }
};

}  // namespace

TEST_CASE("metadata says where bulk data is at Pons, never where it is behind")
{
    bulk_face face;
    auto const json = face.get(instance + "/metadata").body();
    CHECK(json.find("archive.internal") == std::string::npos);
    CHECK(json.find("\"00420011\":{\"vr\":\"OB\",\"BulkDataURI\":\"http://pons.test/base" + instance +
                    "/bulkdata/00420011\"}") != std::string::npos);
    auto const one = face.get("/dicomweb/sources/web/studies/1.2.1/metadata").body();
    CHECK(count_of(one,
                   "\"http://pons.test/base/dicomweb/sources/web/studies/1.2.1/series/1.2.1.1/instances/"
                   "1.2.1.1.1/bulkdata/00420011\"") == 1);
    CHECK(count_of(one, "/bulkdata/") == 3);
    CHECK(one.find("7FE00010") == std::string::npos);
    auto const xml =
        face.get(instance + "/metadata", accepting("multipart/related; type=\"application/dicom+xml\"")).body();
    CHECK(xml.find("<BulkData uri=\"http://pons.test/base" + instance + "/bulkdata/00420011\"/>") != std::string::npos);
    CHECK(xml.find("archive.internal") == std::string::npos);
}

TEST_CASE("a value is one part, or bare, as Accept says")
{
    bulk_face face;
    struct {
        char const* accept;
        bool single;
    } const cases[] = {
        {"", false},
        {"*/*", false},
        {"multipart/related; type=\"application/octet-stream\"", false},
        {"multipart/related; type=application/octet-stream; transfer-syntax=*", false},
        {octets, true},
        {"application/octet-stream, multipart/related; type=\"application/octet-stream\"; q=0.5", true},
        {"application/octet-stream; q=0.5, multipart/related; type=\"application/octet-stream\"", false},
        {"image/jpeg, application/*; q=0.1", true},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.accept));
        auto const got = *c.accept ? face.get(instance + "/bulkdata/54000100.1.54001010", accepting(c.accept))
                                   : face.get(instance + "/bulkdata/54000100.1.54001010");
        REQUIRE(got.status() == status::ok);
        auto const location = "http://pons.test/base" + instance + "/bulkdata/54000100.1.54001010";
        if (c.single) {
            CHECK(got.head().content_type == octets);
            CHECK(got.field("Content-Location") == location);
            CHECK(got.body() == "a wave");
        } else {
            CHECK(got.head().content_type.starts_with(
                R"(multipart/related; type="application/octet-stream"; boundary=)"));
            auto const boundary = got.boundary();
            CHECK(got.body() == "--" + boundary + "\r\nContent-Type: application/octet-stream\r\nContent-Location: " +
                                    location + "\r\n\r\na wave\r\n--" + boundary + "--\r\n");
        }
        CHECK(got.stream.broken_off.empty());
    }
    REQUIRE_FALSE(face.web.retrieves.empty());
    CHECK(face.web.retrieves.back() == upstream::retrieve_request{"1.2.1", "1.2.1.1", "1.2.1.1.2"});
}

TEST_CASE("what cannot be given has a status of its own, before the first byte")
{
    bulk_face face;
    struct {
        std::string target;
        status wanted;
        char const* accept = octets;
    } const cases[] = {
        {instance + "/bulkdata/00420012", status::not_found},
        {instance + "/bulkdata/http%3A%2F%2Farchive.internal%2F", status::not_found},
        {instance + "/bulkdata/..%2F..", status::not_found},
        {instance + "/bulkdata/7fe00010", status::not_found},
        {instance + "/bulkdata/00420011/1/00420011", status::not_found},
        {"/dicomweb/studies/1.2.1/series/1.2.1.1/instances/1.2.9/bulkdata/00420011", status::not_found},
        {"/dicomweb/studies/1.2.1/series/1.2.1.1/instances/x/bulkdata/00420011", status::bad_request},
        {"/dicomweb/sources/none/studies/1.2.1/series/1.2.1.1/instances/1.2.1.1.2/bulkdata/00420011",
         status::not_found},
        {instance + "/bulkdata/00420011", status::not_acceptable, "image/jpeg"},
        {instance + "/bulkdata/00420011", status::not_acceptable, "multipart/related; type=\"application/dicom\""},
    };
    for (auto const& c : cases) {
        CAPTURE(c.target);
        auto const got = face.get(c.target, accepting(c.accept));
        CHECK(got.status() == c.wanted);
        CHECK_FALSE(got.stream.has_begun);
    }
    face.web.bulk["7FE00010"] = "fragments";
    face.web.bulk_is_encapsulated = true;
    CHECK(face.get(instance + "/bulkdata/7FE00010").status() == status::not_acceptable);
    face.web.bulk["00880200/1/7FE00010"] = "icon";
    CHECK(face.get(instance + "/bulkdata/00880200.1.7FE00010", accepting(octets)).body() == "icon");
}

TEST_CASE("a value that breaks off is visibly broken")
{
    bulk_face face;
    face.web.bulk_ends = failure{make_error_code(upstream::errc::aborted), "source web", {}};
    auto const got = face.get(instance + "/bulkdata/00420011", accepting(octets));
    CHECK(got.stream.has_begun);
    CHECK_FALSE(got.stream.broken_off.empty());
}

TEST_CASE("the value comes from whichever source has the instance")
{
    images face;
    auto& a = face.add_source("a");
    auto& b = face.add_source("b");
    a.studies.push_back(a_study(1));
    b.studies.push_back(a_study(1));
    add_instances(b, b.studies.back(), "1.2.840.10008.1.2.1");
    b.bulk = {{"00420011", "document"}};
    CHECK(face.get(instance + "/bulkdata/00420011", accepting(octets)).body() == "document");
    CHECK(a.retrieves.size() == 1);
    a.fail_everywhere(upstream::errc::unreachable);
    CHECK(face.get(instance + "/bulkdata/00420011", accepting(octets)).status() == status::service_unavailable);
}
