#include "upstream/crosswalk/patient_reader.hpp"
#include "upstream/crosswalk/errc.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::upstream;

TEST_CASE("a Patient gives identifiers with system and value, and links")
{
    auto const patient = read_patient(R"({"resourceType":"Patient","id":"123","active":false,
        "name":[{"family":"Doe"}],
        "identifier":[
            {"use":"official","system":"urn:oid:1.2","value":" 777 "},
            {"use":"old","system":"urn:oid:1.2","value":"555","period":{"end":"2020"}},
            {"system":"urn:oid:1.2"}, {"value":"1"}, {"system":"","value":"2"},
            {"system":"urn:oid:1.2","_value":{"extension":[{"url":"x","valueCode":"masked"}]}}],
        "link":[{"type":"replaced-by","other":{"reference":"Patient/124"}},
                {"type":"seealso","other":{"identifier":{"value":"x"}}}, {"type":"refer"}]})");
    REQUIRE(patient);
    CHECK(patient->id == "123");
    CHECK_FALSE(patient->active);
    CHECK(patient->ids == std::vector<mapping::search::issued_id>{{"urn:oid:1.2", "777"}, {"urn:oid:1.2", "555"}});
    CHECK(patient->links == std::vector<patient_link>{{"replaced-by", "Patient/124"}, {"seealso", ""}, {"refer", ""}});
    CHECK(read_patient(R"({"resourceType":"Patient","id":"1"})")->active);
}

TEST_CASE("what is no Patient is malformed, and its text stays inside")
{
    std::string const deep =
        R"({"resourceType":"Patient","id":"1","extension":)" + std::string(200, '[') + std::string(200, ']') + "}";
    for (std::string const text : {
             R"()",
             R"([])",
             R"("Patient")",
             R"({"resourceType":"Patient","id":"1")",
             R"({"resourceType":"Patient"})",
             R"({"resourceType":"Patient","id":7})",
             R"({"resourceType":"Bundle","id":"1"})",
             R"({"id":"1"})",
             R"({"resourceType":"Patient","id":"1","active":"true"})",
             R"({"resourceType":"Patient","id":"1","identifier":{"system":"a","value":"b"}})",
             R"({"resourceType":"Patient","id":"1","identifier":["secret"]})",
             R"({"resourceType":"Patient","id":"1","identifier":[{"system":"a","value":7}]})",
             R"({"resourceType":"Patient","id":"1","link":[{"type":"refer","other":"secret"}]})",
             R"({"resourceType":"Patient","id":"1","link":[{"type":"refer","other":{"reference":[]}}]})",
             "{\"resourceType\":\"Patient\",\"id\":\"\xFF\"}",
         }) {
        CAPTURE(text);
        auto const patient = read_patient(text);
        REQUIRE_FALSE(patient);
        CHECK(patient.error().code == crosswalk_errc::malformed);
        CHECK(patient.error().where.find("secret") == std::string::npos);
    }
    CHECK_FALSE(read_patient(deep));
}

TEST_CASE("an identifier that no archive could keep is passed over")
{
    auto const with = [](std::size_t size) {
        return read_patient(R"({"resourceType":"Patient","id":"1","identifier":[{"system":"urn:oid:1","value":")" +
                            std::string(size, 'x') + "\"}]}")
            ->ids.size();
    };
    CHECK(with(256) == 1);
    CHECK(with(257) == 0);
}

TEST_CASE("lists have an end")
{
    std::string text = R"({"resourceType":"Patient","id":"1","identifier":[{})";
    for (std::size_t i = 0; i < most_in_list; ++i)
        text += ",{}";
    auto const patient = read_patient(text + "]}");
    REQUIRE_FALSE(patient);
    CHECK(patient.error().code == crosswalk_errc::too_large);
}

TEST_CASE("a searchset gives its Patients")
{
    auto const page = read_patients(R"({"resourceType":"Bundle","type":"searchset",
        "link":[{"relation":"self","url":"x"},{"relation":"next","url":"y"}],
        "entry":[{"resource":{"resourceType":"Patient","id":"1"}},
                 {"resource":{"resourceType":"OperationOutcome"},"search":{"mode":"outcome"}},
                 {"resource":{"resourceType":"Patient","id":"2"}}]})");
    REQUIRE(page);
    CHECK(page->more);
    REQUIRE(page->patients.size() == 2);
    CHECK(page->patients[1].id == "2");
    CHECK_FALSE(read_patients(R"({"resourceType":"Bundle"})")->more);
    for (auto const* const text : {R"({"resourceType":"Bundle","entry":[{}]})",
                                   R"({"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Group"}}]})",
                                   R"({"resourceType":"Patient","id":"1"})"}) {
        CAPTURE(text);
        CHECK_FALSE(read_patients(text));
    }
}

TEST_CASE("PIXm Parameters give target identifiers")
{
    auto const ids = read_pix_answer(R"({"resourceType":"Parameters","parameter":[
        {"name":"targetIdentifier","valueIdentifier":{"system":"urn:oid:1","value":"A"}},
        {"name":"targetId","valueReference":{"reference":"Patient/9"}},
        {"name":"targetIdentifier","valueIdentifier":{"system":"urn:oid:1","value":"B"}}]})");
    REQUIRE(ids);
    CHECK(*ids == std::vector<mapping::search::issued_id>{{"urn:oid:1", "A"}, {"urn:oid:1", "B"}});
    CHECK(read_pix_answer(R"({"resourceType":"Parameters"})")->empty());
    CHECK_FALSE(read_pix_answer(R"({"resourceType":"Parameters","parameter":[{"name":"targetIdentifier"}]})"));
    CHECK_FALSE(read_pix_answer(R"({"resourceType":"OperationOutcome"})"));
}
