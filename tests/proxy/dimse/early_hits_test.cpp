#include "proxy/dimse/early_hits.hpp"

#include "tests/support/fixed_archive.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;
using mapping::level;
namespace tags = mapping::tags;

namespace {

/// Series of one study are searched for, with their descriptions, and the time of the study.
struct listening {
    fixed_state state;
    upstream::searched_source source{.where = std::make_unique<fixed_archive>(state)};
    proxy::dicomweb::search_query query = [] {
        proxy::dicomweb::search_query asked;
        asked.where = {.at = level::series, .study_uid = "1.2", .series_uid = {}};
        asked.fields = {tags::SeriesDescription, tags::StudyTime};
        asked.counted.clear();
        return asked;
    }();
    int told = 0;
    proxy::dimse::early_hits early{query, source, [this](proxy::dicomweb::hit const&) { ++told; }};

    void hear(level at, std::vector<mapping::tag> return_keys, std::string_view series = "1.2.1",
              std::string_view instances = {})
    {
        mapping::find_request request{
            .at = at, .keys = {{tags::StudyInstanceUID, {"1.2"}}}, .return_keys = std::move(return_keys)};
        mapping::data_set row;
        row.add(tags::StudyInstanceUID, "1.2");
        if (at == level::series)
            row.add(tags::SeriesInstanceUID, series);
        if (!instances.empty())
            row.add(tags::NumberOfSeriesRelatedInstances, instances);
        early.hear(request, row);
    }
};

}  // namespace

TEST_CASE_FIXTURE(listening, "a row of a question without what is asked for is not told early, one of the next is")
{
    hear(level::study, {});
    hear(level::series, {tags::SeriesDescription}, "1.2.2");
    CHECK(told == 0);
    hear(level::study, {tags::StudyTime});
    hear(level::series, {});
    CHECK(told == 0);
    hear(level::series, {tags::SeriesDescription});
    CHECK(told == 1);
    hear(level::series, {tags::SeriesDescription});
    CHECK(told == 1);
}

TEST_CASE_FIXTURE(listening, "a series that counts no instances is left to the search, which knows that for what it is")
{
    hear(level::study, {tags::StudyTime});
    hear(level::series, {tags::SeriesDescription}, "1.2.1", "0");
    CHECK(told == 0);
    hear(level::series, {tags::SeriesDescription}, "1.2.2", "1");
    CHECK(told == 1);
}
