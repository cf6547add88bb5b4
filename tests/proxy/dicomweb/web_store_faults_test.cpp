#include "tests/proxy/dicomweb/web_parts.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;
using namespace pons::test::web;
using namespace std::string_literals;
using mapping::tag;

TEST_CASE("what cannot be an instance is told, and the others are stored")
{
    auto const good = photo("1.2.1");
    auto const good_part = part{"photo/1.2.1", "image/jpeg", jpeg()};
    auto wrong_size = photo("1.2.2");
    wrong_size["00280010"] = vr_of("US", {481});
    auto several_frames = photo("1.2.2");
    several_frames["00280008"] = vr_of("IS", {2});
    auto no_series = photo("1.2.2");
    no_series.erase("0020000E");
    auto bad_number = photo("1.2.2");
    bad_number["00280106"] = vr_of("US", {-1});
    auto document = with(instance("1.2.2"), "00420011", "OB", "photo/1.2.2");
    document["00420015"] = vr_of("UL", {7});
    auto text_document = with(instance("1.2.2"), "00420011", "OB", "photo/1.2.2");
    text_document["00420012"] = vr_of("LO", {"text/xml"});
    auto bare_video = photo("1.2.2");
    struct {
        char const* name;
        json row;
        char const* type;
        std::string bytes;
        int reason;
    } const cases[] = {
        {"rows that the image does not have", wrong_size, "image/jpeg", jpeg(), 0xA900},
        {"several frames in one JPEG", several_frames, "image/jpeg", jpeg(), 0xA900},
        {"a transfer syntax that the image is not in", photo("1.2.2"),
         "image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.70", jpeg(), 0xA900},
        {"a transfer syntax of another type", photo("1.2.2"), "image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.90",
         jpeg(), 0xA900},
        {"raw pixels of another size", raw_pixels("1.2.2", 2, 2), "application/octet-stream", "12345", 0xA900},
        {"a document of another length", document, "application/pdf", "%PDF", 0xA900},
        {"a document of another type", text_document, "application/pdf", "%PDF", 0xA900},
        {"a video without its description", bare_video, "video/mp4", "ftyp", 0xA900},
        {"no series", no_series, "image/jpeg", jpeg(), 0xC000},
        {"a number that is none", bad_number, "image/jpeg", jpeg(), 0xC000},
        {"a progressive JPEG", photo("1.2.2"), "image/jpeg", jpeg(1000, '\xC2'), 0xC122},
        {"no JPEG at all", photo("1.2.2"), "image/jpeg", "GIF89a", 0xC122},
        {"a GIF", photo("1.2.2"), "image/gif", "GIF89a", 0xC122},
        {"a transfer syntax that nobody knows", photo("1.2.2"), "application/octet-stream; transfer-syntax=1.2.3",
         "abcd", 0xC122},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        std::string const place = c.row.contains("7FE00010") ? c.row["7FE00010"]["BulkDataURI"] : json("photo/1.2.2");
        for (bool const first : {true, false}) {
            face f;
            auto const rows = first ? json::array({c.row, good}) : json::array({good, c.row});
            auto const answer =
                f.post(studies, body_of(rows, {{place, c.type, c.bytes, first}, good_part}), metadata_type);
            CHECK(answer.status == status::accepted);
            CHECK(told(answer, "00081199") == "1.2.1");
            CHECK(told(answer, "00081198", "00081197") == "1.2.2:" + std::to_string(c.reason));
            CHECK(told(answer, "0008119A").empty());
            CHECK(f.states["web"].begun == 1);
        }
    }
}

TEST_CASE("values that do not come, and parts that nobody waits for")
{
    face f;
    auto const answer = f.post(std::string(studies) + "/1.5",
                               body_of(json::array({photo("1.2.1"), photo("1.2.2"), instance("1.2.3", "1.6"),
                                                    photo("1.2.4", "http://elsewhere.test/secret"), json::object()}),
                                       {{"photo/1.2.1", "image/jpeg", jpeg()},
                                        {"photo/1.2.1", "image/jpeg", jpeg()},
                                        {"photo/9", "image/jpeg", jpeg()}}),
                               metadata_type);
    CHECK(answer.status == status::accepted);
    CHECK(told(answer, "00081199") == "1.2.1");
    CHECK(told(answer, "00081198", "00081197") == "1.2.3:43265 1.2.2:49152 1.2.4:49152");
    CHECK(told(answer, "0008119A", "00081197") == "?:49152 ?:49152 ?:49152");
    auto const nothing = f.post(studies, body_of(json::array({photo("1.2.2")}), {}), metadata_type);
    CHECK(nothing.status == status::conflict);
    CHECK(f.states["web"].begun == 1);
}

TEST_CASE("what is no metadata")
{
    auto nested = std::string("{\"00081115\":{\"vr\":\"SQ\",\"Value\":[");
    for (int n = 0; n < 200'001; ++n)
        nested += n == 0 ? "{}" : ",{}";
    struct {
        std::string metadata;
        char const* type;
        status expected;
    } const cases[] = {
        {"", "application/dicom+json", status::bad_request},
        {"nonsense", "application/dicom+json", status::bad_request},
        {"[{\"00080018\":", "application/dicom+json", status::bad_request},
        {"[{\"00080018\":}]", "application/dicom+json", status::bad_request},
        {"[1]", "application/dicom+json", status::bad_request},
        {"[]", "application/dicom+json", status::bad_request},  // no instance
        {"[{}]", "image/jpeg", status::bad_request},
        {"[{\"00080018\":{\"vr\":\"UI\",\"Value\":[\"\xFF\"]}}]", "application/dicom+json", status::bad_request},
        {"[{\"00080018\":{\"vr\":\"UI\",\"Value\":[\"1.2\"]}}]", "application/dicom+json", status::conflict},
        {"[" + std::string(17 << 20, ' ') + "]", "application/dicom+json", status::payload_too_large},
        {nested + "]}}", "application/dicom+json", status::payload_too_large},
    };
    for (auto const& c : cases) {
        CAPTURE(c.metadata.substr(0, 40));
        face f;
        f.body.bytes = body_of(c.metadata, {}, c.type);
        f.body.piece = 1 << 16;
        CHECK(f.post_body(studies, metadata_type).status == c.expected);
        CHECK(f.states["web"].begun == 0);
    }
    face f;
    CHECK(f.post(studies, "--edge--\r\n", metadata_type).status == status::bad_request);
}

TEST_CASE("a body that takes longer than a transfer may is given up, whatever it holds")
{
    face f;
    f.settings.sources.front().timeouts.transfer = std::chrono::milliseconds(0);
    auto const answer =
        f.post(studies, body_of(json::array({photo("1.2.1")}), {{"photo/1.2.1", "image/jpeg", jpeg()}}), metadata_type);
    CHECK(answer.status == status::request_timeout);
    CHECK(f.states["web"].files.empty());
}
