#include "upstream/orders/order_target.hpp"

#include "upstream/errc.hpp"
#include "upstream/worklist_keys.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::upstream;
using namespace pons::upstream::orders;
using mapping::match_key;
using mapping::operator""_vr;
namespace tags = mapping::tags;

TEST_CASE("what is pushed to a server of orders only narrows")
{
    config::order_server at;
    at.issuer.system = "urn:oid:1.2";
    match_key const accession{.path = {tags::AccessionNumber}, .as = "SH"_vr, .values = {"A,1"}};
    match_key const accessions{.path = {tags::AccessionNumber}, .as = "SH"_vr, .values = {"A*"}};
    match_key const patient{.path = {tags::PatientID}, .as = "LO"_vr, .values = {"P&1"}};
    match_key const study{.path = {tags::StudyInstanceUID}, .as = "UI"_vr, .values = {"1.2.3"}};
    match_key const derived{.path = {tags::StudyInstanceUID}, .as = "UI"_vr, .values = {"2.25.7"}};
    match_key const name{.path = {tags::PatientName}, .as = "PN"_vr, .values = {"DOE^JANE"}};
    match_key const modality{
        .path = {scheduled_procedure_step_sequence, tags::Modality}, .as = "CS"_vr, .values = {"CT"}};
    auto const day = [](char const* value) {
        return match_key{.path = {scheduled_procedure_step_sequence, scheduled_procedure_step_start_date},
                         .as = "DA"_vr,
                         .values = {value}};
    };
    struct {
        char const* what;
        std::vector<match_key> keys;
        std::vector<std::string> patients;
        char const* pushed;
    } const cases[] = {
        {"nothing", {}, {}, ""},
        {"an accession number", {accession}, {}, "&identifier=A%5C,1"},
        {"several", {accessions}, {}, ""},
        {"patients", {patient}, {"a", "b"}, "&subject=Patient/a,Patient/b"},
        {"a patient nobody can tell of", {patient}, {}, ""},
        {"a study", {study}, {}, "&identifier=urn:oid:1.2.3,1.2.3"},
        {"one whose UID may have been made here", {derived}, {}, ""},
        {"a day", {day("20240301")}, {}, "&occurrence=ge2024-02-29&occurrence=le2024-03-03"},
        {"days from then on", {day("20240301-")}, {}, "&occurrence=ge2024-02-29"},
        {"names and modalities are not", {name, modality}, {}, ""},
    };
    for (auto const& c : cases) {
        CAPTURE(c.what);
        auto const target = orders_target(at, c.keys, c.patients, 200);
        std::string const begin =
            "/ServiceRequest?status=active&intent=order,original-order,reflex-order,filler-order,instance-order"
            "&category=http://snomed.info/sct%7C363679005,http://terminology.hl7.org/CodeSystem/v2-0074%7CRAD";
        auto const rest = begin + c.pushed + "&_include=";
        CHECK(target.substr(0, rest.size()) == rest);
        CHECK(target.ends_with("&_count=200"));
    }
    CHECK(patients_target(at, "P|1", 50) == "/Patient?identifier=urn:oid:1.2%7CP%5C%7C1&_count=50");
    at.categories = {"a|b", "*"};
    CHECK(orders_target(at, {}, {}, 1).find("category") == std::string::npos);
}

TEST_CASE("a link leads on within the server's base, and nowhere else")
{
    auto const to = dicomweb::parse_origin("https://ehr.example.org/fhir");
    REQUIRE(to);
    struct {
        char const* link;
        char const* target;  // empty: refused
    } const cases[] = {
        {"https://ehr.example.org/fhir?_getpages=7", "/fhir?_getpages=7"},
        {"https://ehr.example.org:443/fhir/ServiceRequest?page=2#x", "/fhir/ServiceRequest?page=2"},
        {"/fhir/ServiceRequest?page=2", "/fhir/ServiceRequest?page=2"},
        {"ServiceRequest?page=2", "/fhir/ServiceRequest?page=2"},
        {"?page=2", "/fhir?page=2"},
        {"http://ehr.example.org/fhir?page=2", ""},
        {"https://ehr.example.org:8443/fhir?page=2", ""},
        {"https://elsewhere.example.org/fhir?page=2", ""},
        {"https://ehr.example.org.evil.example/fhir?page=2", ""},
        {"https://user@ehr.example.org/fhir?page=2", ""},
        {"https://ehr.example.org/admin?page=2", ""},
        {"https://ehr.example.org/fhirx?page=2", ""},
        {"https://ehr.example.org/fhir/../admin", ""},
        {"//elsewhere.example.org/fhir?page=2", ""},
        {"file:///etc/passwd", ""},
        {"https://ehr.example.org/fhir?a=b c", ""},
        {"https://ehr.example.org/fhir?a=b\r\nX: y", ""},
        {"", ""},
    };
    for (auto const& c : cases) {
        CAPTURE(c.link);
        auto const target = next_target(*to, c.link);
        CHECK(target.has_value() == (*c.target != '\0'));
        if (target)
            CHECK(*target == c.target);
        else
            CHECK(target.error().code == errc::malformed);
    }
}
