#include "mapping/codecs/code.hpp"

#include "mapping/codecs/identifier.hpp"

#include <doctest/doctest.h>

using namespace pons::mapping;
using namespace pons::mapping::codecs;

namespace {

data_set item(std::string_view code, std::string_view designator, std::string_view meaning, std::string_view uid = {})
{
    data_set d;
    d.add(tags::CodeValue, code);
    d.add(tags::CodingSchemeDesignator, designator);
    d.add(tags::CodeMeaning, meaning);
    if (!uid.empty())
        d.add(tags::CodingSchemeUID, uid);
    return d;
}

}  // namespace

TEST_CASE("tells the system of a code")
{
    struct {
        std::string_view name;
        std::string_view designator;
        std::string_view uid;
        std::string_view code;
        std::string_view system;
    } const cases[] = {
        {"DICOM", "DCM", "", "110180", "http://dicom.nema.org/resources/ontology/DCM"},
        {"SNOMED CT", "SCT", "", "816094009", "http://snomed.info/sct"},
        {"SNOMED RT style under SCT", "SCT", "", "T-15460", ""},
        {"SRT is not SNOMED CT", "SRT", "", "T-15460", ""},
        {"also with SNOMED CT's UID", "SRT", "2.16.840.1.113883.6.96", "T-15460", ""},
        {"nor is SNM3", "SNM3", "2.16.840.1.113883.6.51", "T-15460", ""},
        {"nor is 99SDM", "99SDM", "", "T-15460", ""},
        {"LOINC", "LN", "", "24627-2", "http://loinc.org"},
        {"UCUM", "UCUM", "", "mm", "http://unitsofmeasure.org"},
        {"RadLex", "RADLEX", "", "RPID145", "http://radlex.org"},
        {"a local scheme", "99HOSP", "", "CT1", ""},
        {"a local scheme with UID", "99HOSP", "1.2.3.4", "CT1", "urn:oid:1.2.3.4"},
        {"a known scheme by its UID", "LOINC", "2.16.840.1.113883.6.1", "24627-2", "http://loinc.org"},
        {"SNOMED CT by its UID", "", "2.16.840.1.113883.6.96", "816094009", "http://snomed.info/sct"},
        {"and what cannot be its code", "", "2.16.840.1.113883.6.96", "T-15460", ""},
        {"a UID that is none", "99HOSP", "1.02.3", "CT1", ""},
        {"nothing", "", "", "CT1", ""},
        {"designators have a case", "dcm", "", "110180", ""},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        CHECK(to_system(c.designator, c.uid, c.code) == c.system);
    }
}

TEST_CASE("every coding scheme goes both ways")
{
    for (auto const& s : coding_schemes()) {
        CAPTURE(s.designator);
        CHECK(to_system(s.designator, {}, "1") == s.system);
        CHECK(to_system({}, s.uid, "1") == s.system);
        CHECK(to_designator(s.system) == s.designator);
        CHECK(is_uid(s.uid));
    }
    CHECK(to_designator("http://example.org").empty());
    CHECK(to_designator("").empty());
}

TEST_CASE("reads an item of a code sequence")
{
    auto d = item("110180", "DCM", "Study Instance UID");
    auto c = to_coding(d);
    CHECK(c.system == system_dcm);
    CHECK(c.code == "110180");
    CHECK(c.display == "Study Instance UID");

    data_set longer;
    longer.add(tags::LongCodeValue, "123456789012345678901234");
    longer.add(tags::CodingSchemeDesignator, "SCT");
    CHECK(to_coding(longer).code == "123456789012345678901234");
    CHECK(to_coding(longer).system == system_sct);

    data_set urn;
    urn.add(tags::URNCodeValue, "urn:lex:us:federal:law:2010;111");
    CHECK(to_coding(urn).code == "urn:lex:us:federal:law:2010;111");
    CHECK(to_coding(urn).system == system_uri_rfc3986);

    data_set meaning;
    meaning.add(tags::CodeMeaning, "Chest");
    CHECK(to_coding(meaning).system.empty());
    CHECK(to_coding(meaning).display == "Chest");
    CHECK_FALSE(to_coding(meaning).empty());
    CHECK(to_coding(data_set()).empty());

    data_set scheme_alone;
    scheme_alone.add(tags::CodingSchemeDesignator, "DCM");
    CHECK(to_coding(scheme_alone).empty());
    CHECK(to_coding(scheme_alone).system.empty());
}

TEST_CASE("an item goes to FHIR and back")
{
    auto const local = item("CT1", "", "CT head", "1.2.3.4");
    data_set urn;
    urn.add(tags::URNCodeValue, "urn:oid:1.2.3");
    data_set longer;
    longer.add(tags::LongCodeValue, "123456789012345678901234");
    longer.add(tags::CodingSchemeDesignator, "SCT");
    for (auto const& d : {item("110180", "DCM", "Study Instance UID"), item("816094009", "SCT", "Chest"),
                          item("24627-2", "LN", "CT chest"), local, urn, longer, data_set()}) {
        auto c = to_coding(d);
        auto back = to_item(c);
        CHECK(to_coding(back) == c);
        for (auto t : {tags::CodeValue, tags::LongCodeValue, tags::URNCodeValue, tags::CodingSchemeDesignator,
                       tags::CodingSchemeUID, tags::CodeMeaning})
            CHECK(back.text(t) == d.text(t));
    }
}
