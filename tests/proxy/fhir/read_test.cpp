#include "tests/proxy/fhir/face.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace pons;
using namespace pons::test;

TEST_CASE("a read gives the whole study, from all holders")
{
    face f;
    auto& a = f.add_source("a");
    f.add_source("b").studies = {a_study("1.2.1")};
    a.studies = {a_study("1.2.1")};
    auto const answer = f.get("ImagingStudy/1.2.1");
    REQUIRE(status_of(answer) == 200);
    CHECK(answer.content_type == "application/fhir+json; charset=utf-8");
    auto const study = body_of(answer);
    CHECK(study["resourceType"] == "ImagingStudy");
    CHECK(study["id"] == "1.2.1");
    CHECK_FALSE(study.contains("meta"));
    CHECK(study["endpoint"].size() == 4);
    CHECK(study["series"][0]["instance"][0]["uid"] == "1.2.1.1.1");
    CHECK(study["series"][0]["instance"][0]["sopClass"]["code"] == "urn:oid:1.2.840.10008.5.1.4.1.1.2");

    auto const etag = header_of(answer, "ETag");
    CHECK(etag.starts_with("W/\""));
    for (int i = 0; i < 3; ++i)
        CHECK(header_of(f.get("ImagingStudy/1.2.1"), "ETag") == etag);
    a.studies.front().series.front().instances.push_back(a_study("1.2.9").series.front().instances.front());
    CHECK(header_of(f.get("ImagingStudy/1.2.1"), "ETag") != etag);
}

TEST_CASE("a read can be shortened")
{
    face f;
    auto& a = f.add_source("a");
    a.studies = {a_study("1.2.1")};
    struct {
        char const* query;
        bool series;
        bool instances;
        bool tagged;
    } const cases[] = {{"_summary=true", true, false, true},     {"_summary=text", false, false, true},
                       {"_summary=data", true, true, true},      {"_summary=false", true, true, false},
                       {"_elements=status", false, false, true}, {"_elements=series", true, true, true},
                       {"patient=other", true, true, false}};
    for (auto const& c : cases) {
        CAPTURE(c.query);
        auto const study = body_of(f.get(std::string("ImagingStudy/1.2.1?") + c.query));
        CHECK(study["status"] == "available");
        CHECK(study.contains("subject"));
        CHECK(study.contains("series") == c.series);
        CHECK((c.series && study["series"][0].contains("instance")) == c.instances);
        CHECK(study.contains("meta") == c.tagged);
    }
    CHECK(status_of(f.get("ImagingStudy/1.2.1?_summary=short")) == 400);
    CHECK(status_of(f.get("ImagingStudy/1.2.1?_format=ttl")) == 406);
}

TEST_CASE("a study that nobody holds is 404, one that somebody might hold is not")
{
    face f;
    f.add_source("a").studies = {a_study("1.2.1")};
    auto& b = f.add_source("b");
    for (auto const* id : {"1.2.99", "abc", "1..2", "1.2.1x", "01.2", "%2A", "1.2.1%5C1.2.2"}) {
        CAPTURE(id);
        auto const answer = f.get(std::string("ImagingStudy/") + id);
        CHECK(status_of(answer) == 404);
        CHECK(body_of(answer)["issue"][0]["code"] == "not-found");
    }
    b.fail_everywhere(upstream::errc::unreachable, std::chrono::seconds(5));
    for (auto const* id : {"1.2.99", "1.2.1"}) {  // of the second the Endpoints would not be all
        CAPTURE(id);
        auto const answer = f.get(std::string("ImagingStudy/") + id);
        CHECK(status_of(answer) == 503);
        CHECK_FALSE(header_of(answer, "Retry-After").empty());
        CHECK(issues_of(body_of(answer)).starts_with("incomplete: source b: the archive cannot be reached"));
    }
    CHECK(status_of(f.get("ImagingStudy/not-a-uid")) == 404);
}

TEST_CASE("a study of which something was held back is not shown as whole")
{
    face f;
    auto& a = f.add_source("a");
    a.studies = {a_study("1.2.1")};
    a.truncates = true;
    CHECK(status_of(f.get("ImagingStudy/1.2.1")) == 503);
    a.truncates = false;
    a.studies.front().series.push_back({.attributes = a_study("1.2.2").series.front().attributes, .instances = {}});
    a.studies.front().series.back().attributes = {};
    a.studies.front().series.back().attributes.add(mapping::tags::SeriesInstanceUID, "not a UID");
    CHECK(status_of(f.get("ImagingStudy/1.2.1")) == 503);
}

TEST_CASE("the CapabilityStatement tells what the tables hold")
{
    face f;
    f.add_source("a");
    auto const answer = f.get("metadata");
    REQUIRE(status_of(answer) == 200);
    CHECK_FALSE(header_of(answer, "ETag").empty());
    auto const statement = body_of(answer);
    CHECK(statement["fhirVersion"] == "4.0.1");
    CHECK(statement["kind"] == "instance");
    CHECK(statement["status"] == "active");
    CHECK(statement["date"] == "2024-01-01T00:00:00Z");
    CHECK(statement["implementation"]["url"] == "http://127.0.0.1:8080/fhir");
    CHECK(statement["format"] == json{"application/fhir+json", "application/fhir+xml", "json", "xml"});
    auto const& rest = statement["rest"][0];
    CHECK(rest["mode"] == "server");
    CHECK(rest["compartment"] == json{"http://hl7.org/fhir/CompartmentDefinition/patient"});
    CHECK(rest["resource"].size() == 2);
    for (auto const& resource : rest["resource"]) {
        std::set<std::string> names;
        for (auto const& parameter : resource["searchParam"]) {
            CHECK(names.insert(parameter["name"]).second);
            CHECK(parameter["definition"].get<std::string>().starts_with("http://hl7.org/fhir/SearchParameter/"));
            CHECK(std::set<std::string>{"token", "reference", "date", "string"}.contains(parameter["type"]));
        }
        // What is listed works, and needs no more than itself or a patient beside it.
        for (auto const& name : names) {
            CAPTURE(name);
            auto const type = resource["type"].get<std::string>();
            auto const value = name == "started" ? "ge2024" : name == "patient" || name == "subject" ? "P1" : "x";
            auto const found = f.get(type + "?" + (type == "ImagingStudy" ? "_id=1.2.1&" : "") + name + "=" + value);
            CHECK(status_of(found) == 200);
            CHECK(issues_of(body_of(found)).empty());
        }
    }
    CHECK(body_of(f.get("/fhir/r4/metadata"))["implementation"]["url"] == "http://127.0.0.1:8080/fhir/r4");
    CHECK(status_of(f.get("metadata?mode=terminology")) == 404);
    CHECK(status_of(f.get("metadata?mode=full")) == 200);
    CHECK(f.queries() > 0);
}
