#include "tests/proxy/dicomweb/web_parts.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;
using namespace pons::test::web;
using namespace std::string_literals;
using mapping::tag;

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
