#include "mapping/dicom_stream.hpp"
#include "tests/proxy/dicomweb/store_face.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace pons;
using namespace pons::test;
using namespace std::string_literals;
using mapping::tag;

namespace {

constexpr auto metadata_type = R"(multipart/related; type="application/dicom+json"; boundary=edge)";
constexpr auto secondary_capture = "1.2.840.10008.5.1.4.1.1.7";
constexpr auto studies = "/dicomweb/studies";

json vr_of(char const* vr, json values)
{
    return {{"vr", vr}, {"Value", std::move(values)}};
}

json instance(std::string const& uid, std::string const& study = "1.5")
{
    return {{"00080016", vr_of("UI", {secondary_capture})},
            {"00080018", vr_of("UI", {uid})},
            {"0020000D", vr_of("UI", {study})},
            {"0020000E", vr_of("UI", {study + ".1"})}};
}

json with(json row, char const* tag, char const* vr, std::string const& uri)
{
    row[tag] = {{"vr", vr}, {"BulkDataURI", uri}};
    return row;
}

json photo(std::string const& uid, std::string const& uri = "")
{
    return with(instance(uid), "7FE00010", "OB", uri.empty() ? "photo/" + uid : uri);
}

json raw_pixels(std::string const& uid, int rows, int columns)
{
    auto row = with(instance(uid), "7FE00010", "OW", "raw/" + uid);
    row["00280002"] = vr_of("US", {1});
    row["00280004"] = vr_of("CS", {"MONOCHROME2"});
    row["00280010"] = vr_of("US", {rows});
    row["00280011"] = vr_of("US", {columns});
    row["00280100"] = vr_of("US", {8});
    row["00280101"] = vr_of("US", {8});
    row["00280102"] = vr_of("US", {7});
    row["00280103"] = vr_of("US", {0});
    return row;
}

struct part {
    std::string location;
    std::string type;
    std::string bytes;
    bool says_length = false;
};

std::string body_of(std::string const& metadata, std::vector<part> const& parts,
                    std::string const& type = "application/dicom+json")
{
    auto body = "--edge\r\nContent-Type: " + type + "\r\n\r\n" + metadata + "\r\n";
    for (auto const& p : parts) {
        body += "--edge\r\nContent-Type: " + p.type + "\r\nContent-Location: " + p.location + "\r\n";
        if (p.says_length)
            body += "Content-Length: " + std::to_string(p.bytes.size()) + "\r\n";
        body += "\r\n" + p.bytes + "\r\n";
    }
    return body + "--edge--\r\n";
}

std::string body_of(json const& metadata, std::vector<part> const& parts)
{
    return body_of(metadata.dump(), parts);
}

/// 640 × 480 in three colours, as a camera would say it.
std::string jpeg(std::size_t size = 1000, char process = '\xC0')
{
    auto all = "\xFF\xD8\xFF"s + process + "\0\x11\x08\x01\xE0\x02\x80\3\1\x22\0\2\x11\0\3\x11\0"s +
               "\xFF\xDA\0\x0C\3\1\0\2\0\3\0\0\x3F\0"s;
    all.resize(size - 2, 'j');
    return all + "\xFF\xD9";
}

std::string number(std::size_t n)
{
    return {static_cast<char>(n), static_cast<char>(n >> 8), static_cast<char>(n >> 16), static_cast<char>(n >> 24)};
}

std::string item(std::string bytes)
{
    bytes.resize(bytes.size() + bytes.size() % 2, '\0');
    return "\xFE\xFF\x00\xE0"s + number(bytes.size()) + bytes;
}

std::string encapsulated(std::vector<std::string> const& fragments)
{
    auto all = "\xE0\x7F\x10\0OB\0\0\xFF\xFF\xFF\xFF"s + item("");
    for (auto const& each : fragments)
        all += item(each);
    return all + "\xFE\xFF\xDD\xE0\0\0\0\0"s;
}

mapping::data_set data_set_in(keeping_archive::state const& kept, std::size_t n = 0)
{
    auto const bytes = std::as_bytes(std::span(kept.files[n])).subspan(kept.heads[n].data_set_offset);
    auto set = mapping::read_data_set(bytes, mapping::encoding::explicit_le, "", {.size = 1 << 30, .everything = true});
    REQUIRE(set.has_value());
    return std::move(*set);
}

}  // namespace

TEST_CASE("a photo becomes an encapsulated image with what its header says, however the body is cut")
{
    for (std::size_t const piece : {1U, 13U, 1000U, 1'000'000U}) {
        for (bool const says_length : {true, false}) {
            for (std::size_t const size : {1000U, 20'001U}) {
                CAPTURE(piece);
                CAPTURE(says_length);
                face f;
                f.body.bytes =
                    body_of(json::array({photo("1.2.1")}), {{"photo/1.2.1", "image/jpeg", jpeg(size), says_length}});
                f.body.piece = piece;
                auto const answer = f.post_body(studies, metadata_type);
                CHECK(answer.status == status::ok);
                CHECK(told(answer, "00081199") == "1.2.1");
                auto const& kept = f.states["web"];
                REQUIRE(kept.files.size() == 1);
                CHECK(kept.heads[0].transfer_syntax_uid == "1.2.840.10008.1.2.4.50");
                CHECK(kept.files[0].ends_with(encapsulated({jpeg(size)})));
                auto const set = data_set_in(kept);
                CHECK(set.text(tag{0x00280010}) == "480");
                CHECK(set.text(tag{0x00280011}) == "640");
                CHECK(set.text(tag{0x00280002}) == "3");
                CHECK(set.text(tag{0x00280004}) == "YBR_FULL_422");
                CHECK(set.text(tag{0x00280006}) == "0");
                CHECK(set.text(tag{0x00280102}) == "7");
                CHECK(set.text(tag{0x00282110}) == "01");
            }
        }
    }
}

TEST_CASE("a document, raw pixels and a value inside a sequence are as they were sent, padded")
{
    auto document = with(instance("1.2.1"), "00420011", "OB", "report.pdf");
    auto wave = instance("1.2.2");
    wave["54000100"] = vr_of("SQ", json::array({with(json::object(), "54001010", "OW", "wave")}));
    for (bool const says_length : {true, false}) {
        face f;
        auto const answer =
            f.post(studies,
                   body_of(json::array({document, wave, raw_pixels("1.2.3", 3, 5)}),
                           {{"report.pdf", "application/pdf", "%PDF-1", says_length},
                            {"wave", "application/octet-stream", "ecg", says_length},
                            {"raw/1.2.3", "application/octet-stream", std::string(15, 'r'), says_length}}),
                   metadata_type);
        CHECK(answer.status == status::ok);
        CHECK(told(answer, "00081199") == "1.2.1 1.2.2 1.2.3");
        auto const& kept = f.states["web"];
        REQUIRE(kept.files.size() == 3);
        for (auto const& head : kept.heads)
            CHECK(head.transfer_syntax_uid == "1.2.840.10008.1.2.1");
        auto const set = data_set_in(kept, 0);
        CHECK(set.text(tag{0x00420011}) == "%PDF-1");
        CHECK(set.text(tag{0x00420012}) == "application/pdf");
        CHECK(set.text(tag{0x00420015}) == "6");
        CHECK(kept.files[1].find("\0\x54\x10\x10OW\0\0\4\0\0\0ecg\0"s) != std::string::npos);
        CHECK(kept.files[2].ends_with("\xE0\x7F\x10\0OW\0\0\x10\0\0\0"s + std::string(15, 'r') + '\0'));
    }
}

TEST_CASE("each instance goes out with its last value, whatever the order")
{
    auto const two_values = with(photo("1.2.1"), "00282000", "OB", "profile");
    face f;
    auto const answer = f.post(studies,
                               body_of(json::array({two_values, instance("1.2.2"), photo("1.2.3")}),
                                       {{"photo/1.2.1", "image/jpeg", jpeg()},
                                        {"photo/1.2.3", "image/jpeg", jpeg(2000)},
                                        {"profile", "application/octet-stream", "icc"}}),
                               metadata_type);
    CHECK(answer.status == status::ok);
    CHECK(told(answer, "00081199") == "1.2.2 1.2.3 1.2.1");
    auto const& kept = f.states["web"];
    REQUIRE(kept.files.size() == 3);
    CHECK(kept.files[1].ends_with(encapsulated({jpeg(2000)})));
    CHECK(kept.files[2].ends_with(encapsulated({jpeg()})));
    CHECK(data_set_in(kept, 2).text(tag{0x00282000}) == std::string_view("icc"));
}

TEST_CASE("one value for several instances, and twice in one")
{
    auto twice = with(instance("1.2.3"), "00420011", "OB", "same");
    twice["00091001"] = {{"vr", "OB"}, {"BulkDataURI", "same"}};
    face f;
    auto const answer = f.post(studies,
                               body_of(json::array({photo("1.2.1", "shared"), photo("1.2.2", "shared"), twice}),
                                       {{"same", "application/pdf", "%PDF"}, {"shared", "image/jpeg", jpeg(), true}}),
                               metadata_type);
    CHECK(answer.status == status::ok);
    auto const& kept = f.states["web"];
    REQUIRE(kept.files.size() == 3);
    CHECK(data_set_in(kept, 0).text(tag{0x00091001}) == "%PDF");
    CHECK(data_set_in(kept, 0).text(tag{0x00420011}) == "%PDF");
    CHECK(kept.files[1].ends_with(encapsulated({jpeg()})));
    CHECK(kept.files[2].ends_with(encapsulated({jpeg()})));
}

TEST_CASE("what is larger than what is held")
{
    constexpr std::size_t large = 20 << 20;
    auto const metadata = json::array({instance("1.2.0"), photo("1.2.1")});
    auto const video = [&] {
        auto row = raw_pixels("1.2.1", 480, 640);
        row["7FE00010"] = {{"vr", "OB"}, {"BulkDataURI", "photo/1.2.1"}};
        return json::array({row});
    }();
    auto const two_values = json::array({with(photo("1.2.1"), "00282000", "OB", "profile")});
    face f;
    f.body.piece = 1 << 16;
    auto const post = [&](json const& rows, std::vector<part> const& parts) {
        f.states["web"] = {};
        auto const piece = f.body.piece;
        f.body = {};
        f.body.piece = piece;
        f.body.bytes = body_of(rows, parts);
        return f.post_body(studies, metadata_type);
    };
    auto const& kept = f.states["web"];
    // With its length it passes through; without, an image goes in fragments, since a frame may be cut.
    CHECK(post(metadata, {{"photo/1.2.1", "image/jpeg", jpeg(large), true}}).status == status::ok);
    CHECK(kept.files[1].ends_with(encapsulated({jpeg(large)})));
    CHECK(post(metadata, {{"photo/1.2.1", "image/jpeg", jpeg(large + 1), false}}).status == status::ok);
    std::vector<std::string> fragments;
    for (std::size_t at = 0; at < large + 1; at += 1 << 20)
        fragments.push_back(jpeg(large + 1).substr(at, 1 << 20));
    CHECK(kept.files[1].ends_with(encapsulated(fragments)));
    // A video may not, nor has a native value another form.
    CHECK(post(video, {{"photo/1.2.1", "video/mp4", std::string(large, 'v'), true}}).status == status::ok);
    CHECK(kept.heads[0].transfer_syntax_uid == "1.2.840.10008.1.2.4.102");
    CHECK(post(video, {{"photo/1.2.1", "video/mp4", std::string(large, 'v'), false}}).status ==
          status::payload_too_large);
    CHECK(kept.files.empty());
    auto const fragmentable = "video/mp4; transfer-syntax=1.2.840.10008.1.2.4.102.1";
    CHECK(post(video, {{"photo/1.2.1", fragmentable, std::string(large, 'v'), false}}).status == status::ok);
    // Before the last value of its instance it would have to be held.
    auto const answer = post(
        two_values, {{"photo/1.2.1", "image/jpeg", jpeg(large), true}, {"profile", "application/octet-stream", "icc"}});
    CHECK(answer.status == status::payload_too_large);
    CHECK(answer.body.find("Content-Length") != std::string::npos);
    CHECK(post(two_values,
               {{"profile", "application/octet-stream", "icc"}, {"photo/1.2.1", "image/jpeg", jpeg(large), true}})
              .status == status::ok);
    // What went out before is not held: any number of them.
    json many = json::array();
    std::vector<part> parts;
    for (int n = 0; n < 5; ++n) {
        many.push_back(photo("1.2." + std::to_string(n)));
        parts.insert(parts.begin(), {"photo/1.2." + std::to_string(n), "image/jpeg", jpeg(5 << 20), false});
    }
    CHECK(post(many, parts).status == status::ok);
    CHECK(kept.files.size() == 5);
}

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

TEST_CASE("inline values, and metadata as it is often sent")
{
    auto row = raw_pixels("1.2.1", 1, 3);
    row["7FE00010"] = {{"vr", "OB"}, {"InlineBinary", "AQID"}};
    row["00020010"] = vr_of("UI", {"1.2.840.10008.1.2.4.50"});
    row["00080005"] = vr_of("CS", {"ISO_IR 100"});
    row["00100010"] = vr_of("PN", json::array({{{"Alphabetic", "Jérôme"}}}));
    face f;
    CHECK(f.post(studies, body_of(row, {}), metadata_type).status == status::ok);
    auto const& kept = f.states["web"];
    CHECK(kept.heads[0].transfer_syntax_uid == "1.2.840.10008.1.2.1");
    auto const set = data_set_in(kept);
    CHECK(set.text(mapping::tags::SpecificCharacterSet) == "ISO_IR 192");
    CHECK(set.text(mapping::tags::PatientName) == "Jérôme");
    CHECK(kept.files[0].ends_with("OB\0\0\4\0\0\0\1\2\3\0"s));
    row["7FE00010"]["InlineBinary"] = "AQIDBAUG";
    CHECK(f.post(studies, body_of(row, {}), metadata_type).status == status::conflict);
}

TEST_CASE("metadata in XML: a part for each instance")
{
    constexpr auto xml_type = R"(multipart/related; type="application/dicom+xml"; boundary=edge)";
    auto const document = [](std::string const& uid, std::string const& more) {
        auto const element = [](std::string const& tag, std::string const& value) {
            return "<DicomAttribute tag=\"" + tag + "\" vr=\"UI\"><Value number=\"1\">" + value +
                   "</Value></DicomAttribute>";
        };
        return part{"", "application/dicom+xml",
                    "<NativeDicomModel>" + element("00080016", secondary_capture) + element("00080018", uid) +
                        element("0020000D", "1.5") + element("0020000E", "1.5.1") + more + "</NativeDicomModel>"};
    };
    auto const photo_at = [](std::string const& uri) {
        return "<DicomAttribute tag=\"7FE00010\" vr=\"OB\"><BulkData uri=\"" + uri + "\"/></DicomAttribute>";
    };
    auto const first = document("1.2.1", photo_at("a"));
    auto const post = [&](face& f, std::vector<part> const& parts) {
        return f.post(studies, body_of(first.bytes, parts, first.type), xml_type);
    };
    face f;
    auto const answer = post(f, {document("1.2.2", photo_at("b")),
                                 document("1.2.3", ""),
                                 document("1.2.4", "<odd/>"),
                                 {"b", "image/jpeg", jpeg()},
                                 {"a", "image/jpeg", jpeg(2000)}});
    CHECK(answer.status == status::accepted);
    CHECK(told(answer, "00081199") == "1.2.3 1.2.2 1.2.1");
    CHECK(told(answer, "00081198", "00081197") == "1.2.4:49152");
    CHECK(f.states["web"].files[1].ends_with(encapsulated({jpeg()})));
    CHECK(f.states["web"].files[2].ends_with(encapsulated({jpeg(2000)})));
    CHECK(post(f, {{"", "application/dicom+xml", "<NativeDicomModel>"}}).status == status::bad_request);
    CHECK(f.post(studies, body_of(json::array({instance("1.2.5")}), {}), xml_type).status == status::bad_request);
}

TEST_CASE("who leaves in the middle of a value leaves no instance")
{
    auto const whole =
        body_of(json::array({instance("1.2.0"), photo("1.2.1")}), {{"photo/1.2.1", "image/jpeg", jpeg(300'000), true}});
    face f;
    f.body.bytes = whole.substr(0, whole.size() - 1000);
    CHECK(f.post_body(studies, metadata_type).status == status::bad_request);
    CHECK(f.states["web"].begun == 2);
    CHECK(f.states["web"].files.size() == 1);
    // A length that is not so.
    auto lies = whole;
    lies.replace(lies.find("Content-Length: 300000"), 22, "Content-Length: 300002");
    CHECK(f.post(studies, lies, metadata_type).status == status::bad_request);
    CHECK(f.states["web"].files.size() == 2);
}
