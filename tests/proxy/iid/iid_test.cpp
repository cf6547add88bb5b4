#include "proxy/iid/page.hpp"
#include "proxy/iid/request.hpp"
#include "proxy/iid/viewer.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace pons;
using namespace pons::proxy;
using iid::invocation;

namespace {

result<invocation> read(std::string_view query)
{
    return iid::read_invocation(mapping::search::split_query(query));
}

}  // namespace

TEST_CASE("requests of RAD-106 are read with every parameter")
{
    CHECK(read("requestType=STUDY&studyUID=1.2.3,1.2.4") == invocation{.study_uids = {"1.2.3", "1.2.4"}});
    CHECK(read("requestType=study&studyUID=1.2.3&studyUID=1.2.4;1.2.5&viewerType=IHE_BIR&keyImagesOnly=false") ==
          invocation{.study_uids = {"1.2.3", "1.2.4", "1.2.5"}, .viewer_type = "IHE_BIR"});
    CHECK(read("requestType=STUDY&studyUID=1.2.3&diagnosticQuality=TRUE&keyImagesOnly=true") ==
          invocation{.study_uids = {"1.2.3"}, .diagnostic_quality = true, .key_images_only = true});
    CHECK(read("requestType=PATIENT&patientID=7&patientBirthDate=1970-01-02T00:00:00Z"));
    CHECK(read("requestType=STUDY&accessionNumber=A%201,A2&unknown=x") ==
          invocation{.accession_numbers = {"A 1", "A2"}});
    CHECK(read("requestType=PATIENT&patientID=99998410%5E%5E%5EAcmeHospital") ==
          invocation{.of_patient = true, .patient = {.id = "99998410", .name_space = "AcmeHospital"}});
    CHECK(read("REQUESTTYPE=PATIENT&patientID=7%5E%5E%5E%261.2.3%26ISO&lowerDateTime=2020-01-01&"
               "upperDateTime=2024-06-30T23:59:59Z&mostRecentResults=3&modalitiesInStudy=CT,MR&patientName=DOE%5EJANE&"
               "patientBirthDate=1970-01-02") ==
          invocation{.of_patient = true,
                     .patient = {.id = "7", .universal_id = "1.2.3", .universal_type = "ISO"},
                     .lower_date_time = "2020-01-01",
                     .upper_date_time = "2024-06-30T23:59:59Z",
                     .most_recent = 3,
                     .modalities = {"CT", "MR"}});
}

TEST_CASE("requests that are wrong or contradictory are refused with what would be right")
{
    struct {
        std::string query;
        std::string place;
    } const cases[] = {
        {"", "requestType"},
        {"studyUID=1.2", "requestType"},
        {"requestType=SERIES&studyUID=1.2", "requestType"},
        {"requestType=STUDY", "studyUID and accessionNumber"},
        {"requestType=STUDY&studyUID=1.2&accessionNumber=7", "studyUID and accessionNumber"},
        {"requestType=STUDY&studyUID=1.2%22%3E", "studyUID"},
        {"requestType=PATIENT", "patientID"},
        {"requestType=PATIENT&patientID=%5E%5E%5EAcme", "patientID"},
        {"requestType=PATIENT&patientID=7&mostRecentResults=0", "mostRecentResults"},
        {"requestType=PATIENT&patientID=7&mostRecentResults=-1", "mostRecentResults"},
        {"requestType=PATIENT&patientID=7&mostRecentResults=1x", "mostRecentResults"},
        {"requestType=PATIENT&patientID=7&patientBirthDate=1970-13-02", "patientBirthDate"},
        {"requestType=PATIENT&patientID=7&patientBirthDate=2.1.1970", "patientBirthDate"},
        {"requestType=STUDY&studyUID=1.2&diagnosticQuality=yes", "diagnosticQuality"},
        {"requestType=STUDY&studyUID=1.2&keyImagesOnly=1", "keyImagesOnly"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.query);
        auto const refused = read(c.query);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().where.starts_with(c.place));
    }
}

TEST_CASE("a viewer's address holds values only where its template has them")
{
    iid::viewed const what{.study_uids = {"1.2.3", "1.2.4"},
                           .accession_number = "A&1 /../#?",
                           .patient_id = "4711^ä",
                           .dicomweb = "http://127.0.0.1:8080/dicomweb",
                           .diagnostic_quality = true};
    struct {
        std::string form;
        std::string expected;
    } const cases[] = {
        {"https://v.example/viewer?StudyInstanceUIDs={study_uids}",
         "https://v.example/viewer?StudyInstanceUIDs=1.2.3%2C1.2.4"},
        {"https://v.example/{study_uid}", "https://v.example/1.2.3"},
        {"https://v.example/?a={accession_number}&p={patient_id}",
         "https://v.example/?a=A%261%20%2F..%2F%23%3F&p=4711%5E%C3%A4"},
        {"weasis://%24dicom%3Ars%20--url%20%22{dicomweb}%22",
         "weasis://%24dicom%3Ars%20--url%20%22http%3A%2F%2F127.0.0.1%3A8080%2Fdicomweb%22"},
        {"https://v.example/?key={key_images_only}&q={diagnostic_quality}", "https://v.example/?key=false&q=true"},
        {"https://v.example/{other}{", "https://v.example/{other}{"},
    };
    for (auto const& c : cases)
        CHECK(iid::to_address({.name = "v", .study_url = c.form}, what) == c.expected);
}

TEST_CASE("the viewer is the one named, else the first")
{
    std::vector<config::viewer> const viewers{{.name = "ohif", .study_url = {}}, {.name = "weasis", .study_url = {}}};
    CHECK(iid::choose_viewer(viewers, "")->name == "ohif");
    CHECK(iid::choose_viewer(viewers, "IHE_BIR")->name == "ohif");
    CHECK(iid::choose_viewer(viewers, "Weasis")->name == "weasis");
    CHECK(iid::choose_viewer({}, "ohif") == nullptr);
}

TEST_CASE("the page shows what an archive sends as text, never as HTML")
{
    namespace tags = mapping::tags;
    mapping::source_facts source;
    source.name = "main";
    mapping::study_record study;
    study.source = &source;
    study.attributes.add(tags::StudyInstanceUID, "1.2.3");
    study.attributes.add(tags::StudyDate, "20240131");
    study.attributes.add(tags::StudyDescription, "<script>alert('x')</script>");
    study.attributes.add(tags::PatientName, "Doe^Jane \"&\"");
    study.attributes.add(tags::PatientID, "4711");
    auto& series = study.series.emplace_back();
    series.attributes.add(tags::SeriesInstanceUID, "1.2.3.1");
    series.attributes.add(tags::Modality, "CT");
    iid::shown_study const shown[] = {{&study, {}}};
    std::vector<issue> const remarks{{issue::kind::incomplete, "source two did not answer"}};

    auto const page = iid::display_page(shown, remarks, "/dicomweb");
    CHECK(page.body.find("<script") == std::string::npos);
    CHECK(page.body.find("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;") != std::string::npos);
    CHECK(page.body.find("Doe, Jane &quot;&amp;&quot; &middot; 4711") != std::string::npos);
    CHECK(page.body.find("2024-01-31 CT &lt;script") != std::string::npos);
    CHECK(page.body.find("This may not be all: source two did not answer") != std::string::npos);
    CHECK(page.body.find("src=\"/dicomweb/sources/main/studies/1.2.3/series/1.2.3.1/thumbnail\"") != std::string::npos);

    iid::shown_study const with_viewer[] = {{&study, "https://v.example/?a=1&b=2"}};
    auto const links = iid::display_page(with_viewer, {}, "/dicomweb");
    CHECK(links.body.find("href=\"https://v.example/?a=1&amp;b=2\"") != std::string::npos);
    CHECK(links.body.find("thumbnail") == std::string::npos);
}

TEST_CASE("the page shows no picture of a series that has none")
{
    namespace tags = mapping::tags;
    mapping::source_facts source;
    source.name = "main";
    mapping::study_record study;
    study.source = &source;
    study.attributes.add(tags::StudyInstanceUID, "1.2.3");
    for (auto const* const modality : {"SR", "CT", "", "SEG"}) {
        auto& series = study.series.emplace_back();
        series.attributes.add(tags::SeriesInstanceUID, "1.2.3." + std::to_string(study.series.size()));
        if (*modality != '\0')
            series.attributes.add(tags::Modality, modality);
        series.attributes.add(tags::SeriesDescription, "series " + std::to_string(study.series.size()));
    }
    iid::shown_study const shown[] = {{&study, {}}};
    std::span<issue const> const no_remarks;
    auto const page = iid::display_page(shown, no_remarks, "/dicomweb").body;
    for (int n = 1; n <= 4; ++n) {
        CAPTURE(n);
        auto const uid = "series/1.2.3." + std::to_string(n);
        CHECK((page.find("src=\"/dicomweb/sources/main/studies/1.2.3/" + uid + "/thumbnail\"") != page.npos) ==
              (n != 1));
        CHECK((page.find(uid + "/thumbnail?") != page.npos) == (n != 1));
        CHECK(page.find("series " + std::to_string(n)) != page.npos);
    }
}
