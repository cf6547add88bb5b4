#include "mapping/fhir/writer.hpp"

#include "mapping/fhir/bundle.hpp"
#include "mapping/fhir/common.hpp"
#include "tests/support/same_content.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>

using namespace pons::mapping::fhir;
using namespace std::string_literals;

namespace {

std::string written(format as, bool pretty, std::function<void(writer&)> const& write)
{
    std::string out;
    writer w(out, as, pretty);
    write(w);
    return out;
}

/// A resource with every kind of content.
void write_sample(writer& w)
{
    w.begin_resource({}, "Sample");
    w.property("text", "a");
    w.property("joined", "urn:oid:", "1.2.3");
    w.property("number", 42U);
    w.property("zero", 0U);
    w.property("most", 4'294'967'295U);
    w.boolean("yes", true);
    w.optional("absent", "");
    w.begin_object("object");
    w.property("inner", "b");
    w.begin_list("list");
    for (auto const* const text : {"1", "2"}) {
        w.begin_item();
        w.property("value", text);
        w.end_item();
    }
    w.end_list();
    w.end_object();
    w.begin_list("primitives");
    w.item("x");
    w.item("y");
    w.end_list();
    w.begin_resource("resource", "Inner");
    w.property("id", "i");
    w.end_resource();
    w.property("last", "z");
    w.end_resource();
}

}  // namespace

TEST_CASE("one description is written as JSON")
{
    CHECK(
        written(format::json, false, write_sample) ==
        R"({"resourceType":"Sample","text":"a","joined":"urn:oid:1.2.3","number":42,"zero":0,"most":4294967295,"yes":true,)"
        R"("object":{"inner":"b","list":[{"value":"1"},{"value":"2"}]},"primitives":["x","y"],)"
        R"("resource":{"resourceType":"Inner","id":"i"},"last":"z"})");
}

TEST_CASE("and as XML")
{
    CHECK(written(format::xml, false, write_sample) ==
          R"(<Sample xmlns="http://hl7.org/fhir"><text value="a"/><joined value="urn:oid:1.2.3"/><number value="42"/>)"
          R"(<zero value="0"/><most value="4294967295"/><yes value="true"/><object><inner value="b"/>)"
          R"(<list><value value="1"/></list><list><value value="2"/></list></object>)"
          R"(<primitives value="x"/><primitives value="y"/><resource><Inner><id value="i"/></Inner></resource>)"
          R"(<last value="z"/></Sample>)");
}

TEST_CASE("both say the same, pretty or not")
{
    for (bool const pretty : {false, true})
        CHECK(pons::test::difference(written(format::json, pretty, write_sample),
                                     written(format::xml, pretty, write_sample)) == "");
    auto const pretty = written(format::json, true, write_sample);
    CHECK(pretty.find("\n  \"text\": \"a\",\n") != pretty.npos);
    CHECK(nlohmann::ordered_json::parse(pretty) ==
          nlohmann::ordered_json::parse(written(format::json, false, write_sample)));
}

TEST_CASE("text is escaped, and what XML cannot carry is in neither")
{
    struct {
        char const* name;
        std::string text;
        std::string read;  // what a reader of either gets
    } const cases[] = {
        {"markup", "<&\"'>", "<&\"'>"},
        {"an end of CDATA", "]]>", "]]>"},
        {"backslashes", "a\\b\\n", "a\\b\\n"},
        {"white space that stays", "a\tb\nc\rd", "a\tb\nc\rd"},
        {"control characters", "a\x01\x1F\x7F\0b"s, "ab"},
        {"an emoji", "\xF0\x9F\xA9\xBB bone", "\xF0\x9F\xA9\xBB bone"},
        {"ideographs", "山田^太郎", "山田^太郎"},
        {"a line separator",
         "a\xE2\x80\xA8"
         "b",
         "a\xE2\x80\xA8"
         "b"},
        {"a combining accent", "u\xCC\x88", "u\xCC\x88"},
        {"entities as text", "&amp;&#10;", "&amp;&#10;"},
        {"characters at the ends", "\"a\"", "\"a\""},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        auto const write = [&](writer& w) {
            w.begin_resource({}, "Sample");
            w.property("text", c.text);
            w.begin_list("list");
            w.item(c.text);
            w.end_list();
            w.end_resource();
        };
        auto const json = written(format::json, false, write), xml = written(format::xml, false, write);
        CHECK(nlohmann::ordered_json::parse(json).at("text") == c.read);
        CHECK(nlohmann::ordered_json::parse(json).at("list").at(0) == c.read);
        pugi::xml_document document;
        REQUIRE(document.load_string(xml.c_str()));
        CHECK(document.document_element().child("text").attribute("value").value() == c.read);
        CHECK(pons::test::difference(json, xml) == "");
    }
}

TEST_CASE("bytes that are no character of XML are in neither format")
{
    for (auto const& text : {"a\xEF\xBF\xBE"
                             "b"s,
                             "a\xEF\xBF\xBF"
                             "b"s}) {  // U+FFFE, U+FFFF
        auto const write = [&](writer& w) {
            w.begin_resource({}, "Sample");
            w.property("text", text);
            w.end_resource();
        };
        CHECK(nlohmann::ordered_json::parse(written(format::json, false, write)).at("text") == "ab");
        CHECK(written(format::xml, false, write).find("value=\"ab\"") != std::string::npos);
    }
}

TEST_CASE("searchsets and outcomes say the same in both formats")
{
    auto const write = [](writer& w) {
        searchset_writer bundle(w, 2, "http://x/fhir/ImagingStudy?a=1&b=<2>", "http://x/fhir/ImagingStudy?_page=abc");
        for (auto const* const id : {"1.2.3", "1.2.4"}) {
            bundle.begin_entry("http://x/fhir/", std::string("ImagingStudy/") + id);
            w.begin_resource("resource", "ImagingStudy");
            w.property("id", id);
            w.end_resource();
            bundle.end_entry("match");
        }
        bundle.begin_entry({}, {});
        outcome_issue const issue{"warning", "incomplete", "a \"remark\" & more", "patient.name"};
        write_outcome(w, "resource", "request-1", {&issue, 1});
        bundle.end_entry("outcome");
        bundle.end();
    };
    for (bool const pretty : {false, true}) {
        auto const json = written(format::json, pretty, write);
        CHECK(pons::test::difference(json, written(format::xml, pretty, write)) == "");
        auto const bundle = nlohmann::ordered_json::parse(json);
        CHECK(bundle.at("type") == "searchset");
        CHECK(bundle.at("total") == 2);
        CHECK(bundle.at("entry").size() == 3);
        CHECK(bundle.at("entry").at(0).at("fullUrl") == "http://x/fhir/ImagingStudy/1.2.3");
        CHECK(bundle.at("entry").at(2).at("search").at("mode") == "outcome");
        CHECK(!bundle.at("entry").at(2).contains("fullUrl"));
    }
}
