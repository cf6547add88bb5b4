#include "upstream/dicomweb/qido_target.hpp"

#include "upstream/dicomweb/origin.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::mapping;
using namespace pons::upstream::dicomweb;

namespace {

config::source source(config::query_encoding encoding = config::query_encoding::strict)
{
    config::source s;
    s.kind = config::source_kind::dicomweb;
    s.url = "http://pacs.example.org/dicom-web";
    s.quirks.query_encoding = encoding;
    return s;
}

}  // namespace

TEST_CASE("chooses the resource by level and by the UIDs that are known")
{
    struct {
        char const* name;
        find_request request;
        page part;
        char const* target;
    } const cases[] = {
        {"studies of a patient",
         {.at = level::study,
          .keys = {{tags::PatientID, {"P1"}}},
          .return_keys = {tags::StudyInstanceUID, tags::ModalitiesInStudy},
          .max_rows = 0},
         {.limit = 100, .offset = 99},
         "/dicom-web/studies?PatientID=P1&includefield=StudyInstanceUID,ModalitiesInStudy&limit=100&offset=99"},
        {"nothing to ask for",
         {.at = level::study, .keys = {}, .return_keys = {}, .max_rows = 0},
         {},
         "/dicom-web/studies"},
        {"several study UIDs",
         {.at = level::study, .keys = {{tags::StudyInstanceUID, {"1.2", "1.3"}}}, .return_keys = {}, .max_rows = 0},
         {},
         "/dicom-web/studies?StudyInstanceUID=1.2,1.3"},
        {"keys without value are asked for, once",
         {.at = level::study,
          .keys = {{tags::PatientName, {}}, {tags::StudyDate, {""}}, {tags::PatientID, {"P"}}},
          .return_keys = {tags::PatientName, tags::PatientID},
          .max_rows = 0},
         {},
         "/dicom-web/studies?PatientID=P&includefield=PatientName,StudyDate,PatientID"},
        {"a key twice is sent once",
         {.at = level::study,
          .keys = {{tags::PatientID, {"A"}}, {tags::PatientID, {"B"}}},
          .return_keys = {},
          .max_rows = 0},
         {},
         "/dicom-web/studies?PatientID=A"},
        {"empty values",
         {.at = level::study, .keys = {{tags::StudyDate, {"\"\""}}}, .return_keys = {}, .max_rows = 0},
         {},
         "/dicom-web/studies?StudyDate=%22%22&emptyvaluematching=true"},
        {"series of a study",
         {.at = level::series,
          .keys = {{tags::StudyInstanceUID, {"1.2"}}, {tags::Modality, {"CT"}}},
          .return_keys = {tags::RequestAttributesSequence},
          .max_rows = 0},
         {},
         "/dicom-web/studies/1.2/series?Modality=CT&includefield=RequestAttributesSequence"},
        {"series of several studies",
         {.at = level::series, .keys = {{tags::StudyInstanceUID, {"1.2", "1.3"}}}, .return_keys = {}, .max_rows = 0},
         {},
         "/dicom-web/series?StudyInstanceUID=1.2,1.3"},
        {"series of any study",
         {.at = level::series, .keys = {{tags::SeriesInstanceUID, {"1.2.3"}}}, .return_keys = {}, .max_rows = 0},
         {},
         "/dicom-web/series?SeriesInstanceUID=1.2.3"},
        {"instances of a series",
         {.at = level::instance,
          .keys = {{tags::StudyInstanceUID, {"1.2"}}, {tags::SeriesInstanceUID, {"1.3"}}},
          .return_keys = {},
          .max_rows = 0},
         {},
         "/dicom-web/studies/1.2/series/1.3/instances"},
        {"instances of a study",
         {.at = level::instance,
          .keys = {{tags::StudyInstanceUID, {"1.2"}}, {tags::SeriesInstanceUID, {"1.3", "1.4"}}},
          .return_keys = {},
          .max_rows = 0},
         {},
         "/dicom-web/studies/1.2/instances?SeriesInstanceUID=1.3,1.4"},
        {"an instance of any study",
         {.at = level::instance, .keys = {{tags::SOPInstanceUID, {"1.5"}}}, .return_keys = {}, .max_rows = 0},
         {},
         "/dicom-web/instances?SOPInstanceUID=1.5"},
        {"instances of a series of any study",
         {.at = level::instance, .keys = {{tags::SeriesInstanceUID, {"1.5"}}}, .return_keys = {}, .max_rows = 0},
         {},
         "/dicom-web/instances?SeriesInstanceUID=1.5"},
        {"what is no UID never gets into the path",
         {.at = level::series, .keys = {{tags::StudyInstanceUID, {"../../admin"}}}, .return_keys = {}, .max_rows = 0},
         {},
         "/dicom-web/series?StudyInstanceUID=../../admin"},
        {"dots alone neither",
         {.at = level::series, .keys = {{tags::StudyInstanceUID, {".."}}}, .return_keys = {}, .max_rows = 0},
         {},
         "/dicom-web/series?StudyInstanceUID=.."},
        {"an attribute that has no keyword here",
         {.at = level::study, .keys = {{tag{0x00091001}, {"x"}}}, .return_keys = {}, .max_rows = 0},
         {},
         "/dicom-web/studies?00091001=x"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        CHECK(qido_target(source(), c.request, c.part) == c.target);
    }
}

TEST_CASE("fields stand in one list, or each by itself")
{
    find_request const request{
        .at = level::study, .keys = {}, .return_keys = {tags::StudyInstanceUID, tags::StudyDate}, .max_rows = 0};
    CHECK(qido_target("/rs", {}, request, {}) == "/rs/studies?includefield=StudyInstanceUID,StudyDate");
    CHECK(qido_target("/rs", {.repeat_fields = true}, request, {}) ==
          "/rs/studies?includefield=StudyInstanceUID&includefield=StudyDate");
}

TEST_CASE("encodes values so that no server can take them for something else")
{
    struct {
        char const* value;
        char const* strict;
        char const* minimal;
    } const cases[] = {
        {"DOE^JANE*", "DOE%5EJANE*", "DOE^JANE*"},
        {"CT\\MR", "CT%5CMR", "CT\\MR"},
        {"A,B", "A%2CB", "A,B"},
        {"20240101-20240131", "20240101-20240131", "20240101-20240131"},
        {"a&b=c#d+e%41;f", "a%26b%3Dc%23d%2Be%2541%3Bf", "a%26b%3Dc%23d%2Be%2541%3Bf"},
        {" x\r\n", "%20x%0D%0A", "%20x%0D%0A"},
        {"Müller", "M%C3%BCller", "Müller"},
        {"[\"<>|`{}]", "%5B%22%3C%3E%7C%60%7B%7D%5D", "%5B%22%3C%3E%7C%60%7B%7D%5D"},
        {"a/b:c@d?e!", "a/b:c@d?e!", "a/b:c@d?e!"},
        {"~_.-", "~_.-", "~_.-"},
        {"A*1?$('x')", "A*1?$('x')", "A*1?$('x')"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.value);
        CHECK(encode_query_value(c.value, config::query_encoding::strict) == c.strict);
        CHECK(encode_query_value(c.value, config::query_encoding::minimal) == c.minimal);
    }
}

TEST_CASE("a server that does not decode is asked with wild cards for what would have to be encoded")
{
    struct {
        tag attribute;
        char const* value;
        char const* asked;
    } const cases[] = {
        {tags::AccessionNumber, "a,b|c$d", "AccessionNumber=a?b?c$d"},
        {tags::PatientName, "Müßig^J*", "PatientName=M*ig^J*"},
        {tags::PatientID, "AB 1/2", "PatientID=AB?1/2"},
        {tags::StudyDate, "20240101-20240131", "StudyDate=20240101-20240131"},
    };
    auto quirky = source();
    quirky.quirks.query_encoding = config::query_encoding::minimal;
    for (auto const& c : cases) {
        CAPTURE(std::string(c.value));
        find_request const request{
            .at = level::study, .keys = {{c.attribute, {c.value}}}, .return_keys = {}, .max_rows = 0};
        CHECK(qido_target(quirky, request, {}) == "/dicom-web/studies?" + std::string(c.asked));
    }
    // Without wild cards it is asked as it is.
    quirky.quirks.wildcards = false;
    find_request const request{
        .at = level::study, .keys = {{tags::AccessionNumber, {"a,b|c"}}}, .return_keys = {}, .max_rows = 0};
    CHECK(qido_target(quirky, request, {}) == "/dicom-web/studies?AccessionNumber=a,b%7Cc");
}

TEST_CASE("what had to be encoded could be asked for otherwise")
{
    struct {
        tag attribute;
        char const* value;
        bool wildcards;
        other_form form;
    } const cases[] = {
        {tags::AccessionNumber, "ACC1", true, other_form::same},
        {tags::AccessionNumber, "A*1/2", true, other_form::same},
        {tags::AccessionNumber, "a|b", true, other_form::minimal},
        {tags::AccessionNumber, "a|b", false, other_form::none},
        {tags::PatientName, "DOE^JANE", true, other_form::minimal},
        {tags::PatientName, "*山*田*", true, other_form::none},
        {tags::PatientName, "*山*田*", false, other_form::minimal},
        {tags::StudyDate, "20240101-20240131", true, other_form::same},
        {tags::StudyDate, "\"\"", true, other_form::same},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.value));
        find_request const request{
            .at = level::study, .keys = {{c.attribute, {c.value}}}, .return_keys = {}, .max_rows = 0};
        CHECK(find_other_form(request, c.wildcards) == c.form);
    }
}

TEST_CASE("no byte of a value ends its parameter or the request line")
{
    for (auto const encoding : {config::query_encoding::strict, config::query_encoding::minimal}) {
        for (int byte = 0; byte < 256; ++byte) {
            auto const encoded = encode_query_value(std::string(1, static_cast<char>(byte)), encoding);
            CAPTURE(byte);
            CHECK(encoded.find_first_of(std::string("&=#+; \r\n\t\0\x7F", 11)) == std::string::npos);
            CHECK((encoded.size() == 1) == (encoded[0] == static_cast<char>(byte) && byte != '%'));
        }
    }
}

TEST_CASE("takes a base URL apart")
{
    struct {
        char const* url;
        origin parts;
    } const good[] = {
        {"http://h", {false, "h", 80, "h", ""}},
        {"http://h/", {false, "h", 80, "h", ""}},
        {"https://pacs.example.org:8443/a/rs", {true, "pacs.example.org", 8443, "pacs.example.org:8443", "/a/rs"}},
        {"https://h:443/rs", {true, "h", 443, "h", "/rs"}},
        {"http://[::1]:80/x", {false, "::1", 80, "[::1]", "/x"}},
        {"http://127.0.0.1:8042/dicom-web", {false, "127.0.0.1", 8042, "127.0.0.1:8042", "/dicom-web"}},
    };
    for (auto const& c : good) {
        CAPTURE(c.url);
        auto const parts = parse_origin(c.url);
        REQUIRE(parts.has_value());
        CHECK(*parts == c.parts);
    }
    for (auto const* bad : {"", "h", "ftp://h", "http://", "http://u:p@h", "http://h?x=1", "http://h#f", "http://h:0",
                            "http://h:99999", "http://h\r\nX: y"}) {
        CAPTURE(std::string(bad));
        auto const parts = parse_origin(bad);
        REQUIRE_FALSE(parts.has_value());
        CHECK(parts.error().code == upstream::errc::unsupported);
    }
}
