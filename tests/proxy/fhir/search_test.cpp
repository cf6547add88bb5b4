#include "tests/proxy/fhir/one_source.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;

TEST_CASE("a search answers with a searchset that says what was asked")
{
    one_source f;
    auto const answer =
        f.get("ImagingStudy?patient=Patient/P1&started=ge2024-01-01T10:00:00%2B01:00&foo=bar&_count=5000");
    REQUIRE(status_of(answer) == 200);
    CHECK(answer.content_type == "application/fhir+json; charset=utf-8");
    auto const bundle = body_of(answer);
    CHECK(bundle["resourceType"] == "Bundle");
    CHECK(bundle["type"] == "searchset");
    CHECK(bundle["total"] == 2);
    CHECK(bundle["link"].size() == 1);
    CHECK(
        link_of(bundle, "self") ==
        "http://127.0.0.1:8080/fhir/ImagingStudy?patient=Patient/P1&started=ge2024-01-01T10:00:00%2B01:00&_count=1000");
    CHECK(bundle["entry"][0]["fullUrl"] == "http://127.0.0.1:8080/fhir/ImagingStudy/1.2.1");
    CHECK(bundle["entry"][0]["search"]["mode"] == "match");
    CHECK(ids_of(bundle) == std::vector<std::string>{"1.2.1", "1.2.2"});
    CHECK(issues_of(bundle) == "not-supported: the parameter foo is not known here and was ignored\n");
    CHECK(f.remarks.front() == std::pair<std::string, std::string>("studies", "2"));
}

TEST_CASE("the self link can be asked again, and is a URI")
{
    one_source f;
    auto& a = f.state().studies.front().attributes;
    a = a_study("1.2.1", "20240310", "ö, 1|2+3 & 4=5%#").attributes;
    auto const answer =
        f.get("/fhir/r4/ImagingStudy?patient.identifier=urn:oid:1.2.3%7C%C3%B6%5C%2C+1%5C%7C2%2B3+%26+4%3D5%25%23");
    REQUIRE(status_of(answer) == 200);
    auto const self = link_of(body_of(answer), "self");
    CHECK(self.starts_with("http://127.0.0.1:8080/fhir/r4/ImagingStudy?patient.identifier=urn:oid:1.2.3%7C"));
    CHECK(self.find_first_of("|\\ \"<>{}^`#") == std::string::npos);
    CHECK(ids_of(body_of(answer)) == std::vector<std::string>{"1.2.1"});
    CHECK(f.get(self).body == answer.body);
}

TEST_CASE("a search by POST is the same search")
{
    one_source f;
    auto const got = f.get("ImagingStudy?patient=P1&_count=1");
    auto const posted = f.post_form("ImagingStudy/_search?_count=1", "patient=P1");
    CHECK(status_of(posted) == 200);
    CHECK(ids_of(body_of(posted)) == ids_of(body_of(got)));
    CHECK(link_of(body_of(posted), "self") == "http://127.0.0.1:8080/fhir/ImagingStudy?_count=1&patient=P1");
    CHECK(status_of(f.post_form("ImagingStudy/_search", "{}", "application/json")) == 415);
    CHECK(status_of(f.post_form("ImagingStudy/_search?patient=P1", "", "application/json")) == 200);
    CHECK(f.post_form("ImagingStudy/_search", "patient=P1&_format=xml").content_type ==
          "application/fhir+xml; charset=utf-8");
}

TEST_CASE("no match is an empty searchset")
{
    one_source f;
    for (auto const* query :
         {"patient=nobody", "_id=1.2.99", "patient=P1&modality=MR", "endpoint=Endpoint/none&patient=P1",
          "patient=http://elsewhere.example.org/fhir/Patient/P1", "identifier=urn:dicom:uid%7C", "subject=Device/P1"}) {
        CAPTURE(query);
        auto const answer = f.get(std::string("ImagingStudy?") + query);
        if (std::string_view(query).starts_with("identifier")) {
            CHECK(status_of(answer) == 403);  // every study has such an identifier
            continue;
        }
        REQUIRE(status_of(answer) == 200);
        auto const bundle = body_of(answer);
        CHECK(bundle["total"] == 0);
        CHECK_FALSE(bundle.contains("entry"));
        CHECK(link_of(bundle, "next").empty());
    }
}

TEST_CASE("references to our own base are ours, under either of its paths")
{
    one_source f;
    for (auto const* patient : {"P1", "Patient/P1", "http://127.0.0.1:8080/fhir/Patient/P1",
                                "http://127.0.0.1:8080/fhir/r4/Patient/P1", "Patient/P1/_history/3"})
        for (auto const* base : {"/fhir/", "/fhir/r4/"}) {
            CAPTURE(patient);
            CAPTURE(base);
            CHECK(ids_of(body_of(f.get(std::string(base) + "ImagingStudy?patient=" + patient))).size() == 2);
        }
}

TEST_CASE("_summary and _elements show parts, and never less than what is mandatory")
{
    one_source f;
    struct {
        char const* query;
        bool description;
        bool series;
        bool instances;
        bool tagged;
    } const cases[] = {
        {"", true, true, false, true},  // the default depth is series
        {"_summary=false", true, true, true, false},
        {"_summary=true", true, true, false, true},
        {"_summary=data", true, true, false, true},
        {"_summary=text", false, false, false, true},
        {"_elements=status", false, false, false, true},
        {"_elements=description", true, false, false, true},
        {"_elements=%20description%20,started", true, false, false, true},
        {"_elements=series", false, true, true, true},
        {"_elements=nothing", false, false, false, true},
    };
    for (auto const& c : cases) {
        CAPTURE(c.query);
        f.state().requests.clear();
        auto const bundle = body_of(f.get(std::string("ImagingStudy?patient=P1&") + c.query));
        CHECK(ids_of(bundle).size() == 2);
        auto const study = bundle["entry"][0]["resource"];
        CHECK(study["status"] == "available");
        CHECK(study["subject"]["reference"] == "Patient/P1");
        CHECK(study.contains("description") == c.description);
        CHECK(study.contains("series") == c.series);
        if (c.series) {
            CHECK(study["series"][0]["uid"] == "1.2.1.1");
            CHECK(study["series"][0]["modality"]["code"] == "CT");
            CHECK(study["series"][0].contains("instance") == c.instances);
        }
        CHECK((study.contains("meta") && study["meta"]["tag"][0]["code"] == "SUBSETTED") == c.tagged);
        CHECK(f.state().asked(mapping::level::series) == (c.series ? 2 : 0));
        CHECK(f.state().asked(mapping::level::instance) == (c.instances ? 2 : 0));
    }
}

TEST_CASE("_count=0 and _summary=count give the number only")
{
    one_source f;
    for (auto const* query : {"_summary=count", "_count=0", "_count=0&_summary=true", "_summary=count&_count=5",
                              "_summary=count&_include=ImagingStudy:endpoint"}) {
        CAPTURE(query);
        auto const bundle = body_of(f.get(std::string("ImagingStudy?patient=P1&") + query));
        CHECK(bundle["total"] == 2);
        CHECK_FALSE(bundle.contains("entry"));
        CHECK(link_of(bundle, "next").empty());
    }
    f.state().truncates = true;  // the number is not known then
    auto const bundle = body_of(f.get("ImagingStudy?patient=P1&_summary=count"));
    CHECK_FALSE(bundle.contains("total"));
    CHECK(issues_of(bundle).find("incomplete: ") != std::string::npos);
}

TEST_CASE("_include brings each Endpoint once")
{
    one_source f;
    for (auto const* query :
         {"_include=ImagingStudy:endpoint", "_include=*", "_include=ImagingStudy:*",
          "_include=ImagingStudy:endpoint:Endpoint&_summary=true", "_include:iterate=ImagingStudy:endpoint"}) {
        CAPTURE(query);
        auto const bundle = body_of(f.get(std::string("ImagingStudy?patient=P1&") + query));
        CHECK(ids_of(bundle, "include") == std::vector<std::string>{"a-wado-rs", "a-ihe-iid"});
        CHECK(bundle["entry"][2]["fullUrl"] == "http://127.0.0.1:8080/fhir/Endpoint/a-wado-rs");
        CHECK(bundle["entry"][2]["resource"]["address"] == "http://127.0.0.1:8080/dicomweb/sources/a");
        CHECK(bundle["entry"][3]["resource"]["address"] == "http://127.0.0.1:8080/IHEInvokeImageDisplay");
        CHECK(bundle["entry"][0]["resource"]["endpoint"][0]["reference"] == "Endpoint/a-wado-rs");
        CHECK(bundle["total"] == 2);
    }
    auto const empty = body_of(f.get("ImagingStudy?patient=nobody&_include=ImagingStudy:endpoint"));
    CHECK_FALSE(empty.contains("entry"));
}

TEST_CASE("a compartment is a search by patient, also for odd ids")
{
    one_source f;
    CHECK(ids_of(body_of(f.get("Patient/P1/ImagingStudy"))) == std::vector<std::string>{"1.2.1", "1.2.2"});
    CHECK(ids_of(body_of(f.get("Patient/P1/ImagingStudy?_count=1"))) == std::vector<std::string>{"1.2.1"});
    CHECK(ids_of(body_of(f.get("Patient/P1/ImagingStudy?patient=P2"))).empty());
    CHECK(ids_of(body_of(f.post_form("Patient/P1/ImagingStudy/_search", "_count=1"))) ==
          std::vector<std::string>{"1.2.1"});
    auto const next = link_of(body_of(f.get("Patient/P1/ImagingStudy?_count=1")), "next");
    CHECK(ids_of(body_of(f.get(next))) == std::vector<std::string>{"1.2.2"});
    struct {
        char const* segment;
        char const* asked;
    } const odd[] = {
        {"P1,P2", "P1,P2"}, {"P1%7CP2", "P1|P2"}, {"12%2F34", "12/34"}, {"a$b", "a$b"}, {"Device%2F1", "Device/1"},
    };
    for (auto const& c : odd) {
        CAPTURE(c.segment);
        f.state().requests.clear();
        auto const answer = f.get("Patient/" + std::string(c.segment) + "/ImagingStudy");
        CHECK(status_of(answer) == 200);
        CHECK(ids_of(body_of(answer)).empty());
        REQUIRE(f.state().requests.size() == 2);
        CHECK(f.state().requests.front().keys.front().values == std::vector<std::string>{c.asked});
        // What is not found may be stored with spaces in front.
        CHECK(f.state().requests.back().keys.front().values == std::vector<std::string>{"*" + std::string(c.asked)});
    }
    for (auto const* segment : {"a%5Cb", "*", "%20"}) {
        CAPTURE(segment);
        CHECK(ids_of(body_of(f.get("Patient/" + std::string(segment) + "/ImagingStudy"))).empty());
    }
}
