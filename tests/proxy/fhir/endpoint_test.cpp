#include "tests/proxy/fhir/face.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;

namespace {

struct three_sources : face {
    three_sources()
    {
        for (auto const* name : {"Main-PACS", "main-web", "old"})
            add_source(name);
    }
};

using names = std::vector<std::string>;
/// The Endpoints of sources, in the order of the configuration.
names of(names const& sources)
{
    names ids;
    for (auto const& source : sources)
        for (auto const* kind : {"-wado-rs", "-ihe-iid", "-qido-rs", "-stow-rs", "-wado-uri"})
            ids.push_back(source + kind);
    return ids;
}

names const all = of({"Main-PACS", "main-web", "old"});
names const wado_rs{"Main-PACS-wado-rs", "main-web-wado-rs", "old-wado-rs"};
names const ihe_iid{"Main-PACS-ihe-iid", "main-web-ihe-iid", "old-ihe-iid"};

}  // namespace

TEST_CASE("an Endpoint can be read")
{
    three_sources f;
    auto const answer = f.get("Endpoint/old-wado-rs");
    REQUIRE(status_of(answer) == 200);
    CHECK_FALSE(header_of(answer, "ETag").empty());
    auto const endpoint = body_of(answer);
    CHECK(endpoint["resourceType"] == "Endpoint");
    CHECK(endpoint["status"] == "active");
    CHECK(endpoint["connectionType"]["code"] == "dicom-wado-rs");
    CHECK(endpoint["payloadType"].size() == 1);
    CHECK(endpoint["address"] == "http://127.0.0.1:8080/dicomweb/sources/old");
    CHECK_FALSE(endpoint.contains("meta"));
    CHECK(status_of(f.get("Endpoint/none")) == 404);
    CHECK(status_of(f.get("Endpoint/OLD-wado-rs")) == 404);
    auto const display = body_of(f.get("Endpoint/old-ihe-iid"));
    CHECK(display["connectionType"]["code"] == "ihe-iid");
    CHECK(display["payloadType"][0]["text"] == "DICOM IID");
    CHECK_FALSE(display.contains("payloadMimeType"));
    CHECK(display["address"] == "http://127.0.0.1:8080/IHEInvokeImageDisplay");
    auto const part = body_of(f.get("Endpoint/old-wado-rs?_elements=name"));
    CHECK(part["name"] == "old");
    CHECK_FALSE(part.contains("payloadMimeType"));
    CHECK(part.contains("address"));
    CHECK(part["meta"]["tag"][0]["code"] == "SUBSETTED");
    CHECK(f.queries() == 0);
}

TEST_CASE("each kind of Endpoint says where it leads, and studies refer to those that bring or show their images")
{
    three_sources f;
    struct {
        std::string id;
        std::string type;
        std::string text;
        std::string media;
        std::string address;
    } const cases[] = {
        {"old-wado-rs", "dicom-wado-rs", "DICOM WADO-RS", "application/dicom", "/dicomweb/sources/old"},
        {"old-qido-rs", "dicom-qido-rs", "DICOM QIDO-RS", "application/dicom+json", "/dicomweb/sources/old"},
        {"old-stow-rs", "dicom-stow-rs", "DICOM STOW-RS", "application/dicom", "/dicomweb/sources/old"},
        {"old-wado-uri", "dicom-wado-uri", "DICOM WADO-URI", "application/dicom", "/wado"},
        {"old-ihe-iid", "ihe-iid", "DICOM IID", "", "/IHEInvokeImageDisplay"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.id);
        auto const answer = f.get("Endpoint/" + c.id);
        REQUIRE(status_of(answer) == 200);
        auto const endpoint = body_of(answer);
        CHECK(endpoint["connectionType"]["code"] == c.type);
        CHECK(endpoint["payloadType"][0]["text"] == c.text);
        CHECK(endpoint.contains("payloadMimeType") == !c.media.empty());
        if (!c.media.empty())
            CHECK(endpoint["payloadMimeType"][0] == c.media);
        CHECK(endpoint["address"] == "http://127.0.0.1:8080" + c.address);
    }

    face one;
    one.add_source("old").studies.push_back(a_study("1.2.1"));
    auto const study = body_of(one.get("ImagingStudy/1.2.1"));
    REQUIRE(study["endpoint"].size() == 2);
    CHECK(study["endpoint"][0]["reference"] == "Endpoint/old-wado-rs");
    CHECK(study["endpoint"][1]["reference"] == "Endpoint/old-ihe-iid");
}

TEST_CASE("Endpoints can be searched for")
{
    three_sources f;
    struct {
        char const* query;
        names found;
    } const cases[] = {
        {"", all},
        {"_id=old-wado-rs", {"old-wado-rs"}},
        {"_id=old-wado-rs,main-web-wado-rs,none", {"main-web-wado-rs", "old-wado-rs"}},
        {"name=main", of({"Main-PACS", "main-web"})},
        {"name=MAIN&name=main-p", of({"Main-PACS"})},
        {"status=active", all},
        {"status=off", {}},
        {"connection-type=dicom-wado-rs", wado_rs},
        {"connection-type=ihe-iid", ihe_iid},
        {"connection-type=dicom-qido-rs&name=old", {"old-qido-rs"}},
        {"connection-type=dicom-stow-rs,dicom-wado-uri&name=old", {"old-stow-rs", "old-wado-uri"}},
        {"connection-type=http://terminology.hl7.org/CodeSystem/endpoint-connection-type%7Cdicom-wado-rs", wado_rs},
        {"connection-type=http://terminology.hl7.org/CodeSystem/endpoint-connection-type%7C", all},
        {"connection-type=%7Cdicom-wado-rs", {}},
        {"connection-type=%7C", {}},
        {"payload-type=any", all},
        {"payload-type=none", {}},
        {"name=old,", of({"old"})},
        {"name:exact=old", of({"old"})},
        {"name:exact=OLD", {}},
        {"name:contains=PACS", of({"Main-PACS"})},
        {"name:contains=a,l", all},
        {"_id:not=old-wado-rs,main-web-wado-rs&connection-type=dicom-wado-rs", {"Main-PACS-wado-rs"}},
        {"status:not=active", {}},
        {"status:not=off", all},
        {"connection-type:not=dicom-wado-rs,dicom-qido-rs,dicom-stow-rs,dicom-wado-uri", ihe_iid},
        {"name:missing=false", all},
        {"name:missing=true", {}},
        {"identifier=1", {}},
        {"identifier=urn:oid:1.2%7C1", {}},
        {"identifier:not=1", all},
        {"identifier:missing=true", all},
        {"identifier:missing=false", {}},
        {"organization=1", {}},
        {"organization=Organization/1", {}},
        {"organization:identifier=a%7C1", {}},
        {"organization.name=x", {}},
        {"organization:missing=true", all},
        {"organization:missing=false", {}},
        // "\" keeps a separator from being one.
        {"name=main%5C,old", {}},
        {"_id=old-wado-rs%5C,none", {}},
        {"connection-type=a%5C%7Cihe-iid,ihe-iid", ihe_iid},
        {"connection-type=http://terminology.hl7.org/CodeSystem/endpoint-connection-type%5C%7Cihe-iid", {}},
        {"_sort=name&connection-type=ihe-iid", {"Main-PACS-ihe-iid", "main-web-ihe-iid", "old-ihe-iid"}},
        {"_sort=-name&connection-type=ihe-iid", {"old-ihe-iid", "main-web-ihe-iid", "Main-PACS-ihe-iid"}},
        {"_sort=-_id&name=old", {"old-wado-uri", "old-wado-rs", "old-stow-rs", "old-qido-rs", "old-ihe-iid"}},
        {"_sort=-connection-type,-name&connection-type=ihe-iid,dicom-wado-rs&name=main",
         {"main-web-ihe-iid", "Main-PACS-ihe-iid", "main-web-wado-rs", "Main-PACS-wado-rs"}},
        {"_sort=status,organization", all},
        {"_count=0", {}},
        {"_summary=count", {}},
    };
    for (auto const& c : cases) {
        CAPTURE(c.query);
        for (auto const& answer :
             {f.get(std::string("Endpoint?") + c.query), f.post_form("Endpoint/_search", c.query)}) {
            REQUIRE(status_of(answer) == 200);
            auto const bundle = body_of(answer);
            CHECK(ids_of(bundle) == c.found);
            bool const counted =
                std::string_view(c.query).starts_with("_count") || std::string_view(c.query).starts_with("_summary");
            CHECK(bundle["total"] == (counted ? all.size() : c.found.size()));
            CHECK(first_empty(bundle).empty());
            CHECK(status_of(f.get(link_of(bundle, "self"))) == 200);
        }
    }
}

TEST_CASE("Endpoints come in pages too")
{
    three_sources f;
    for (auto const* count : {"1", "4", "14", "15", "16"}) {
        names ids;
        std::string url = std::string("Endpoint?status=active&_format=json&_count=") + count;
        while (!url.empty()) {
            auto const bundle = body_of(f.get(url));
            CHECK(bundle["total"] == all.size());
            auto const some = ids_of(bundle);
            CHECK(some.size() <= std::stoul(count));
            ids.insert(ids.end(), some.begin(), some.end());
            url = link_of(bundle, "next");
        }
        CHECK(ids == all);
    }
    auto const next = link_of(body_of(f.get("Endpoint?_count=1")), "next");
    CHECK(status_of(f.get(next + "&name=old")) == 400);
    CHECK(status_of(f.get("ImagingStudy" + next.substr(next.find('?')))) == 410);
    CHECK(status_of(f.get("Endpoint?_page=x")) == 410);
}

TEST_CASE("the pages of an Endpoint search keep its order")
{
    three_sources f;
    auto expected = all;
    std::ranges::sort(expected, std::ranges::greater{});
    names ids;
    for (std::string url = "Endpoint?_sort=-_id&_count=4"; !url.empty();) {
        auto const bundle = body_of(f.get(url));
        auto const some = ids_of(bundle);
        ids.insert(ids.end(), some.begin(), some.end());
        url = link_of(bundle, "next");
    }
    CHECK(ids == expected);
}

TEST_CASE("what an Endpoint search cannot do is told")
{
    three_sources f;
    std::vector<proxy::http::header> const strict{{"Prefer", "handling=strict"}};
    for (auto const* query : {"_include=Endpoint:organization", "foo=1"}) {
        CAPTURE(query);
        auto const lenient = body_of(f.get(std::string("Endpoint?") + query));
        CHECK(ids_of(lenient) == all);
        CHECK(issues_of(lenient).starts_with("not-supported: "));
        CHECK(link_of(lenient, "self") == "http://127.0.0.1:8080/fhir/Endpoint");
        CHECK(status_of(f.get(std::string("Endpoint?") + query, strict)) == 400);
    }
    for (auto const* query :
         {"name.x=old", "name:not=old", "status:exact=active", "connection-type:in=x", "organization:Patient=1",
          "name:missing=maybe", "name=,", "_id=%5Cx", "_sort=foo", "_sort=name:exact", "_sort=-"})
        CHECK_MESSAGE(status_of(f.get(std::string("Endpoint?") + query)) == 400, query);
    CHECK(status_of(f.get("Endpoint?_count=many")) == 400);
    CHECK(status_of(f.get("Endpoint?_summary=short")) == 400);
    CHECK(status_of(f.post_form("Endpoint/_search", "x", "text/plain")) == 415);
    CHECK(status_of(f.get("Endpoint?_format=ttl")) == 406);
    std::string many = "Endpoint?name=a";
    for (int i = 0; i < 600; ++i)
        many += ",a";
    CHECK(status_of(f.get(many)) == 400);
}
