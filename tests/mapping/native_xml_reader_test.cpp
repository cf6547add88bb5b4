#include "mapping/native_xml_reader.hpp"

#include "mapping/dicom_json.hpp"
#include "mapping/dicom_json_writer.hpp"
#include "mapping/errc.hpp"
#include "mapping/native_xml.hpp"
#include "tests/mapping/wire.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace pons;
using namespace pons::mapping;

namespace {

result<native_xml_found> read_model(std::string const& inside)
{
    return read_native_xml(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<NativeDicomModel xmlns=\"http://dicom.nema.org/PS3.19/models/NativeDICOM\">\n" +
        inside + "\n</NativeDicomModel>");
}

std::string dicom_attribute(std::string const& tag, std::string const& vr, std::string const& inside)
{
    return "<DicomAttribute tag=\"" + tag + "\" vr=\"" + vr + "\">" + inside + "</DicomAttribute>";
}

std::string json_of(data_set const& set)
{
    std::string json;
    append_dicom_json(json, set);
    return json;
}

}  // namespace

TEST_CASE("XML says what JSON says")
{
    struct {
        std::string xml;
        char const* json;
    } const cases[] = {
        {"", "{}"},
        {dicom_attribute("00080060", "CS", "<Value number=\"1\">OT</Value>"),
         R"({"00080060":{"vr":"CS","Value":["OT"]}})"},
        {dicom_attribute("00080060", "CS", ""), R"({"00080060":{"vr":"CS"}})"},
        {dicom_attribute("00080008", "CS", "<Value number=\"1\">A</Value><Value number=\"3\">C &amp; D</Value>"),
         R"({"00080008":{"vr":"CS","Value":["A",null,"C & D"]}})"},
        {dicom_attribute("00280010", "US", "<Value number=\"1\">480</Value>"),
         R"({"00280010":{"vr":"US","Value":[480]}})"},
        {dicom_attribute(
             "00100010", "PN",
             "<PersonName number=\"1\"><Alphabetic><FamilyName>Yamada</FamilyName><GivenName>Tarou</GivenName>"
             "</Alphabetic><Ideographic><FamilyName>山田</FamilyName><NameSuffix>X</NameSuffix></Ideographic>"
             "</PersonName>"),
         R"({"00100010":{"vr":"PN","Value":[{"Alphabetic":"Yamada^Tarou","Ideographic":"山田^^^^X"}]}})"},
        {dicom_attribute("00081110", "SQ",
                         "<Item number=\"1\">" + dicom_attribute("00081155", "UI", "<Value number=\"1\">1.2</Value>") +
                             "</Item><Item number=\"2\"></Item>"),
         R"({"00081110":{"vr":"SQ","Value":[{"00081155":{"vr":"UI","Value":["1.2"]}},{}]}})"},
        {dicom_attribute("00081110", "SQ", ""), R"({"00081110":{"vr":"SQ"}})"},
        {dicom_attribute("7FE00010", "OW", "<BulkData uri=\"a/b?c=1&amp;d\"/>"),
         R"({"7FE00010":{"vr":"OW","BulkDataURI":"a/b?c=1&d"}})"},
        {dicom_attribute("7FE00010", "OB", "<InlineBinary>\n AQ\n ID\n</InlineBinary>"),
         R"({"7FE00010":{"vr":"OB","InlineBinary":"AQID"}})"},
        {dicom_attribute("00700022", "FL", "<BulkData uri=\"x\"/>"), R"({"00700022":{"vr":"UN","BulkDataURI":"x"}})"},
        {"<DicomAttribute tag=\"00090001\" vr=\"LO\" privateCreator=\"ACME\"><Value number=\"1\">x</Value>"
         "</DicomAttribute><DicomAttribute tag=\"00090002\" vr=\"LO\" privateCreator=\"ACME\"/>"
         "<DicomAttribute tag=\"00090001\" vr=\"LO\" privateCreator=\"OTHER\"/>",
         R"({"00090010":{"vr":"LO","Value":["ACME"]},"00090011":{"vr":"LO","Value":["OTHER"]},)"
         R"("00091001":{"vr":"LO","Value":["x"]},"00091002":{"vr":"LO"},"00091101":{"vr":"LO"}})"},
        {dicom_attribute("00090020", "LO", "<Value number=\"1\">ACME</Value>") +
             "<DicomAttribute tag=\"00092001\" vr=\"US\" privateCreator=\"ACME\"><Value number=\"1\">7</Value>"
             "</DicomAttribute>",
         R"({"00090020":{"vr":"LO","Value":["ACME"]},"00092001":{"vr":"US","Value":[7]}})"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.xml);
        auto const found = read_model(c.xml);
        REQUIRE(found.has_value());
        CHECK(found->whole);
        CHECK(json_of(found->set) == c.json);
    }
}

TEST_CASE("what is odd is noticed")
{
    std::string deep;
    for (int n = 0; n < 12; ++n)
        deep = dicom_attribute("00081110", "SQ", "<Item number=\"1\">" + deep + "</Item>");
    for (auto const& xml :
         {dicom_attribute("0008006", "CS", "<Value number=\"1\">OT</Value>"),
          dicom_attribute("00080060", "CS", "<Item number=\"1\"></Item>"),
          dicom_attribute("00080060", "CS", "<PersonName number=\"1\"></PersonName>"),
          dicom_attribute("00081110", "SQ", "<Value number=\"1\">OT</Value>"),
          dicom_attribute("7FE00010", "OB", "<Value number=\"1\">OT</Value>"),
          dicom_attribute("7FE00010", "OB", "<BulkData uuid=\"1\"/>"),
          dicom_attribute("7FE00010", "OB", "<BulkData uri=\"1\"/><BulkData uri=\"2\"/>"),
          dicom_attribute("00080060", "CS", "<Value number=\"2\">A</Value><Value number=\"1\">B</Value>"),
          dicom_attribute("00080060", "CS", "<Value number=\"99999999\">A</Value>"),
          dicom_attribute("00080060", "CS", "") + dicom_attribute("00080060", "CS", ""),
          dicom_attribute("00080060", "CS", "") + dicom_attribute("00080060", "CS", "<Value number=\"1\">B</Value>"),
          std::string("<Other/>"), deep}) {
        CAPTURE(xml);
        auto const found = read_model(xml);
        REQUIRE(found.has_value());
        CHECK_FALSE(found->whole);
    }
}

TEST_CASE("what is no model")
{
    std::string const bomb =
        "<!DOCTYPE NativeDicomModel [<!ENTITY a \"aaaa\"><!ENTITY b "
        "\"&a;&a;\">]><NativeDicomModel>&b;</NativeDicomModel>";
    for (auto const& xml :
         {std::string(), std::string("{}"), std::string("<NativeDicomModel>"), std::string("<other/>"),
          std::string("<a><NativeDicomModel/></a>"), bomb, std::string("<NativeDicomModel>\xFF</NativeDicomModel>")}) {
        CAPTURE(xml);
        auto const found = read_native_xml(xml);
        REQUIRE_FALSE(found.has_value());
        CHECK(found.error().code == make_error_code(errc::invalid_value));
    }
    std::string deep;
    for (int n = 0; n < 100; ++n)
        deep += "<x>";
    CHECK_FALSE(read_model(deep).has_value());
}
