#include "config/load.hpp"
#include "tests/proxy/fhir/face.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <map>

using namespace pons;
using namespace pons::test;

namespace {

/// Two studies of P1, with or without a viewer.
struct displays : face {
    fixed_state& pacs = add_source("pacs");

    explicit displays(bool viewer = true)
    {
        pacs.studies.push_back(a_study("1.2.1"));
        pacs.studies.push_back(a_study("1.2.2", "20240311"));
        if (viewer)
            settings.viewers.push_back(
                {.name = "ohif", .study_url = "https://v.example/viewer?StudyInstanceUIDs={study_uids}"});
    }

    response display(std::string const& query) { return get("/IHEInvokeImageDisplay?" + query); }
};

bool has(response const& page, std::string_view text)
{
    return page.body.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("what was asked for leads to the viewer when all of it is there")
{
    displays f;
    struct {
        char const* query;
        char const* uids;
    } const cases[] = {
        {"requestType=STUDY&studyUID=1.2.1", "1.2.1"},
        {"requestType=STUDY&studyUID=1.2.1,1.2.2", "1.2.2%2C1.2.1"},
        {"requestType=STUDY&accessionNumber=A1", "1.2.1"},
        {"requestType=STUDY&accessionNumber=A2,A1", "1.2.2%2C1.2.1"},
        {"requestType=PATIENT&patientID=P1", "1.2.2%2C1.2.1"},
        {"requestType=PATIENT&patientID=P1&mostRecentResults=1", "1.2.2"},
        {"requestType=PATIENT&patientID=P1%5E%5E%5E%261.2.3%26ISO&upperDateTime=2024-03-10", "1.2.1"},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.query));
        auto const got = f.display(c.query);
        CHECK(status_of(got) == 303);
        CHECK(header_of(got, "Location") == std::string("https://v.example/viewer?StudyInstanceUIDs=") + c.uids);
        CHECK(header_of(got, "Cache-Control") == "no-store");
    }
}

TEST_CASE("each viewer of the example file is accepted, and opens the studies")
{
    setenv("PONS_PAGING_KEY", "0123456789abcdef", 1);
    setenv("PONS_WEB_PASSWORD", "secret", 1);
    auto const loaded = config::load(PONS_SOURCE_DIR "/deploy/pons.yaml");
    REQUIRE(loaded.settings);
    std::map<std::string, std::string> const opened{
        {"ohif", "https://viewer.example.org/viewer?StudyInstanceUIDs=1.2.2%2C1.2.1"},
        {"weasis",
         "weasis://"
         "%24dicom%3Ars%20--url%20%22http%3A%2F%2F127.0.0.1%3A8080%2Fdicomweb%22%20-r%20%22studyUID%3D1.2.2%2C1."
         "2.1%22"},
        {"plain",
         "https://images.example.org/open?studies=1.2.2%2C1.2.1&server=http%3A%2F%2F127.0.0.1%3A8080%2Fdicomweb"}};
    displays f(false);
    f.settings.viewers = loaded.settings->viewers;
    CHECK(f.settings.viewers.size() == opened.size());
    for (auto const& viewer : f.settings.viewers) {
        CAPTURE(viewer.name);
        REQUIRE(opened.count(viewer.name) == 1);
        auto const got = f.display("requestType=STUDY&studyUID=1.2.1,1.2.2&viewerType=" + viewer.name);
        CHECK(status_of(got) == 303);
        CHECK(header_of(got, "Location") == opened.at(viewer.name));
    }
}

TEST_CASE("what was asked for by name and is not there is told instead of opening the rest as if it were all")
{
    struct {
        char const* query;
        char const* told;
    } const cases[] = {
        {"requestType=STUDY&studyUID=1.2.1,1.2.9", "1 of the 2 studies or accession numbers"},
        {"requestType=STUDY&studyUID=1.2.8,1.2.1,1.2.9", "2 of the 3 studies or accession numbers"},
        {"requestType=STUDY&accessionNumber=A1,A9", "1 of the 2 studies or accession numbers"},
    };
    for (bool const viewer : {true, false})
        for (auto const& c : cases) {
            CAPTURE(viewer);
            CAPTURE(std::string(c.query));
            displays f(viewer);
            auto const page = f.display(c.query);
            CHECK(status_of(page) == 200);
            CHECK(header_of(page, "Location").empty());
            CHECK(has(page, c.told));
            CHECK(has(page, "This may not be all"));
            CHECK(has(page, "https://v.example/viewer?StudyInstanceUIDs=1.2.1") == viewer);
            CHECK(has(page, "/studies/1.2.1/series/1.2.1.1/thumbnail") == !viewer);
            CHECK_FALSE(has(page, "1.2.9"));
        }
}

TEST_CASE("an accession number is found under every form that the source takes for the same")
{
    displays f;
    f.settings.sources.front().accession = {.trim = true, .pad = 4, .prefix = "X"};
    f.pacs.studies.front().attributes = a_study("1.2.1").attributes;
    auto const got = f.display("requestType=STUDY&accessionNumber=%20A1");
    CHECK(status_of(got) == 303);
}

TEST_CASE("older studies of a patient that are not shown are told, unless so many were asked for")
{
    displays f(false);
    f.settings.fhir.default_count = 1;
    auto const page = f.display("requestType=PATIENT&patientID=P1");
    CHECK(status_of(page) == 200);
    CHECK(has(page, "older studies are not shown"));
    CHECK(has(page, "1.2.2.1/thumbnail"));
    CHECK_FALSE(has(page, "1.2.1.1/thumbnail"));
    CHECK_FALSE(has(f.display("requestType=PATIENT&patientID=P1&mostRecentResults=1"), "older studies"));
    CHECK_FALSE(has(f.display("requestType=PATIENT&patientID=P1&mostRecentResults=2"), "older studies"));
}

TEST_CASE(
    "key images and diagnostic quality are passed on to a viewer, and the page of our own says that it has neither")
{
    displays f;
    f.settings.viewers.front().study_url += "&key={key_images_only}&quality={diagnostic_quality}";
    auto const opened = f.display("requestType=STUDY&studyUID=1.2.1&keyImagesOnly=true");
    CHECK(header_of(opened, "Location") == "https://v.example/viewer?StudyInstanceUIDs=1.2.1&key=true&quality=false");

    displays bare(false);
    constexpr std::string_view told = "All series are shown here, as previews that are not of diagnostic quality.";
    for (auto const* flags :
         {"&keyImagesOnly=true", "&diagnosticQuality=true", "&keyImagesOnly=TRUE&diagnosticQuality=true"})
        CHECK(has(bare.display(std::string("requestType=STUDY&studyUID=1.2.1") + flags), told));
    for (auto const* flags : {"", "&keyImagesOnly=false&diagnosticQuality=false"})
        CHECK_FALSE(has(bare.display(std::string("requestType=STUDY&studyUID=1.2.1") + flags), told));
}

TEST_CASE("a request that cannot be answered has a page with its own status")
{
    displays f;
    f.pacs.studies.push_back(a_study("1.2.31", "20240312", "P2"));
    f.pacs.studies.push_back(a_study("1.3.31", "20240313", "P3"));
    struct {
        char const* query;
        unsigned status;
    } const cases[] = {
        {"", 400},
        {"requestType=SERIES&studyUID=1.2.1", 400},
        {"requestType=STUDY", 400},
        {"requestType=STUDY&studyUID=1.2.1&accessionNumber=A1", 400},
        {"requestType=PATIENT", 400},
        {"requestType=PATIENT&patientID=P1&lowerDateTime=yesterday", 400},
        {"requestType=PATIENT&patientID=P1&patientBirthDate=long%20ago", 400},
        {"requestType=STUDY&studyUID=1.2.9", 404},
        {"requestType=STUDY&accessionNumber=none", 404},
        {"requestType=PATIENT&patientID=nobody", 404},
        {"requestType=PATIENT&patientID=P1%5E%5E%5EElsewhere", 404},
        {"requestType=STUDY&accessionNumber=A31", 409},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.query));
        auto const page = f.display(c.query);
        CHECK(status_of(page) == c.status);
        CHECK(page.content_type == "text/html; charset=utf-8");
        CHECK(has(page, "Images cannot be shown"));
    }
    f.pacs.fail_everywhere(upstream::errc::unreachable);
    auto const down = f.display("requestType=STUDY&studyUID=1.2.1");
    CHECK(status_of(down) == 503);
    CHECK_FALSE(header_of(down, "Retry-After").empty());
}
