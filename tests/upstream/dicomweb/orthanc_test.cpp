#include "tests/upstream/dicomweb/orthanc.hpp"
#include "mapping/tables/imaging_study.hpp"
#include "tests/upstream/dicomweb/client.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace pons;
using namespace pons::test;
namespace tags = mapping::tags;
using mapping::level;

namespace {

std::string instance(char const* patient, char const* name, char const* study, char const* date, char const* series,
                     char const* modality, char const* uid)
{
    auto const line = [](char const* tag_and_vr, char const* value) {
        return std::string(tag_and_vr) + " [" + value + "]\n";
    };
    return line("(0008,0018) UI", uid) + line("(0008,0020) DA", date) + line("(0008,0060) CS", modality) +
           line("(0010,0010) PN", name) + line("(0010,0020) LO", patient) + line("(0020,000d) UI", study) +
           line("(0020,000e) UI", series) +
           "(0040,0275) SQ\n(fffe,e000) -\n(0040,1001) SH [RP1]\n(fffe,e00d)\n(fffe,e0dd)\n";
}

std::set<std::string> uids(collected const& rows, mapping::tag t)
{
    std::set<std::string> all;
    for (auto const& row : rows.rows)
        all.emplace(row.text(t));
    return all;
}

}  // namespace

TEST_CASE("Orthanc: the same rows by every way to ask that it understands" * doctest::timeout(120))
{
    REQUIRE_MESSAGE(orthanc::is_installed(),
                    "Orthanc or its DICOMweb plugin is not installed; deploy/install-packages does it");
    orthanc server;
    server.store(instance("P1", "DOE^JANE", "1.2.1", "20240101", "1.2.1.1", "CT", "1.2.1.1.1"));
    server.store(instance("P1", "DOE^JANE", "1.2.1", "20240101", "1.2.1.1", "CT", "1.2.1.1.2"));
    server.store(instance("P1", "DOE^JANE", "1.2.1", "20240101", "1.2.1.2", "SR", "1.2.1.2.1"));
    server.store(instance("P1", "DOE^JANE", "1.2.2", "20240202", "1.2.2.1", "MR", "1.2.2.1.1"));
    server.store(instance("P2", "ROE^RICHARD", "1.2.3", "20240303", "1.2.3.1", "US", "1.2.3.1.1"));

    struct {
        char const* name;
        level at;
        std::vector<upstream::key> keys;
        std::set<std::string> uids;
    } const cases[] = {
        {"all", level::study, {}, {"1.2.1", "1.2.2", "1.2.3"}},
        {"a patient", level::study, {{tags::PatientID, {"P1"}}}, {"1.2.1", "1.2.2"}},
        {"nobody", level::study, {{tags::PatientID, {"P9"}}}, {}},
        {"a range of dates", level::study, {{tags::StudyDate, {"20240115-20240401"}}}, {"1.2.2", "1.2.3"}},
        {"a list of UIDs", level::study, {{tags::StudyInstanceUID, {"1.2.1", "1.2.3", "1.9"}}}, {"1.2.1", "1.2.3"}},
        // It does not decode %5E: what finds nothing is asked for once more in the other form.
        {"a name", level::study, {{tags::PatientName, {"DOE^JANE"}}}, {"1.2.1", "1.2.2"}},
        {"a name with a wild card", level::study, {{tags::PatientName, {"DOE*"}}}, {"1.2.1", "1.2.2"}},
        {"series of a study", level::series, {{tags::StudyInstanceUID, {"1.2.1"}}}, {"1.2.1.1", "1.2.1.2"}},
        {"series of two studies",
         level::series,
         {{tags::StudyInstanceUID, {"1.2.1", "1.2.2"}}},
         {"1.2.1.1", "1.2.1.2", "1.2.2.1"}},
        {"a series of any study", level::series, {{tags::SeriesInstanceUID, {"1.2.2.1"}}}, {"1.2.2.1"}},
        {"instances of a series",
         level::instance,
         {{tags::StudyInstanceUID, {"1.2.1"}}, {tags::SeriesInstanceUID, {"1.2.1.1"}}},
         {"1.2.1.1.1", "1.2.1.1.2"}},
        {"instances of a study",
         level::instance,
         {{tags::StudyInstanceUID, {"1.2.1"}}},
         {"1.2.1.1.1", "1.2.1.1.2", "1.2.1.2.1"}},
        {"an instance of any study", level::instance, {{tags::SOPInstanceUID, {"1.2.2.1.1"}}}, {"1.2.2.1.1"}},
    };
    constexpr mapping::tag own[] = {tags::StudyInstanceUID, tags::SeriesInstanceUID, tags::SOPInstanceUID};
    asio::io_context on;
    for (auto const encoding : {config::query_encoding::strict, config::query_encoding::minimal}) {
        for (std::uint32_t const page_limit : {0u, 2u}) {
            auto source = source_at(server.url());
            source.quirks.query_encoding = encoding;
            source.quirks.page_limit = page_limit;
            client c(on, source);
            for (auto const& one : cases) {
                CAPTURE(std::string(one.name));
                CAPTURE(static_cast<int>(encoding));
                CAPTURE(page_limit);
                auto const keys = mapping::tables::return_keys(one.at);
                collected rows;
                auto const found = c.find(
                    rows, {.at = one.at, .keys = one.keys, .return_keys = {keys.begin(), keys.end()}, .max_rows = 0});
                REQUIRE(found.has_value());
                CHECK_FALSE(found->truncated);
                CHECK(found->issues.empty());
                CHECK(uids(rows, own[static_cast<int>(one.at)]) == one.uids);
                CHECK(rows.rows.size() == found->rows);
            }
        }
    }

    client c(on, source_at(server.url()));
    collected rows;
    auto request = all_studies();
    request.keys.push_back({tags::StudyInstanceUID, {"1.2.1"}});
    request.return_keys = {tags::PatientName, tags::ModalitiesInStudy, tags::NumberOfStudyRelatedInstances};
    REQUIRE(c.find(rows, request).has_value());
    REQUIRE(rows.rows.size() == 1);
    CHECK(rows.rows[0].text(tags::PatientName) == "DOE^JANE");
    CHECK(rows.rows[0].count(tags::ModalitiesInStudy) == 2);
    CHECK(rows.rows[0].text(tags::NumberOfStudyRelatedInstances) == "3");
    CHECK(test::run_on(on, c.archive->verify(clock::now() + 20s)).has_value());

    auto const stages = test::run_on(on, upstream::dicomweb::diagnose_dicomweb(c.source, clock::now() + 20s));
    REQUIRE(stages.size() == 4);
    for (auto const& s : stages)
        CHECK(s.ok);
}
