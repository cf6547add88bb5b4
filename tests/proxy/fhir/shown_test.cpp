#include "proxy/fhir/explain/shown.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::proxy::fhir;
namespace tags = mapping::tags;

TEST_CASE("values of keys are shown by their shape")
{
    struct {
        char const* name;
        mapping::tag attribute;
        char const* value;
        char const* shape;
    } const cases[] = {
        {"a text", tags::PatientID, "4711", "<4 characters>"},
        {"one character", tags::PatientID, "x", "<1 character>"},
        {"letters count, not bytes", tags::PatientName, "Müller", "<6 characters>"},
        {"wild cards stay", tags::PatientName, "*k?hler*", "*<1 character>?<4 characters>*"},
        {"only a wild card", tags::PatientName, "*", "*"},
        {"the search for empty values", tags::StudyDate, "\"\"", "\"\""},
        {"a UID", tags::StudyInstanceUID, "1.2.840.1", "<UID>"},
        {"a day", tags::StudyDate, "20240310", "<1 day>"},
        {"days", tags::StudyDate, "20240228-20240301", "<3 days>"},
        {"from a day on", tags::StudyDate, "20240228-", "<from a day on>"},
        {"up to a day", tags::StudyDate, "-20240228", "<up to a day>"},
        {"a time", tags::StudyTime, "1015-1045", "<time>"},
        {"nothing", tags::PatientID, "", ""},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        CHECK(show_value(c.attribute, c.value, {}) == c.shape);
        CHECK(show_value(c.attribute, c.value, {.values = true, .addresses = false}) == c.value);
    }
}

TEST_CASE("requests are shown with their keys, and lists of UIDs by their length")
{
    mapping::find_request const request{
        .at = mapping::level::series,
        .keys = {{tags::StudyInstanceUID, {"1.2.3", "1.2.4"}}, {tags::Modality, {"CT"}}, {tags::PatientName, {}}},
        .return_keys = {tags::SeriesInstanceUID},
        .max_rows = 0};
    CHECK(show_request(request, {}) ==
          "SERIES  StudyInstanceUID (0020,000D) = <2 UIDs>; Modality (0008,0060) = <2 characters>; "
          "PatientName (0010,0010) = ; asks for 1 attributes");
    CHECK(show_request(request, {.values = true, .addresses = false}) ==
          "SERIES  StudyInstanceUID (0020,000D) = 1.2.3\\1.2.4; Modality (0008,0060) = CT; PatientName (0010,0010) = ; "
          "asks for 1 attributes");
}

TEST_CASE("targets are shown without what is searched for")
{
    struct {
        char const* target;
        char const* shape;
    } const cases[] = {
        {"/dicom-web/studies?PatientID=4711&includefield=StudyDate,StudyTime&limit=1000&offset=20",
         "/dicom-web/studies?PatientID=<4 characters>&includefield=<2 attributes>&limit=1000&offset=20"},
        {"/studies?PatientName=M%C3%BCller*", "/studies?PatientName=<6 characters>*"},
        {"/studies?StudyDate=20240101-20240107", "/studies?StudyDate=<7 days>"},
        {"/studies?StudyInstanceUID=1.2,3.4", "/studies?StudyInstanceUID=<2 UIDs>"},
        {"/studies?StudyInstanceUID=1.2", "/studies?StudyInstanceUID=<UID>"},
        {"/v1.2/studies/1.2.3/series/4.5/instances?limit=5", "/v1.2/studies/<UID>/series/<UID>/instances?limit=5"},
        {"/studies?00100020=4711", "/studies?00100020=<4 characters>"},
        {"/studies?odd=%ZZ1", "/studies?odd=<4 characters>"},
        {"/studies", "/studies"},
        {"", ""},
    };
    for (auto const& c : cases) {
        CAPTURE(c.target);
        CHECK(show_target(c.target, {}) == c.shape);
        CHECK(show_target(c.target, {.values = true, .addresses = false}) == c.target);
    }
}
