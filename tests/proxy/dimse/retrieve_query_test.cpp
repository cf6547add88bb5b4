#include "proxy/dimse/retrieve_query.hpp"

#include "mapping/dictionary.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace pons;
using namespace pons::proxy::dimse;
namespace tags = mapping::tags;

namespace {

using keys = std::vector<std::pair<mapping::tag, std::string>>;

mapping::data_set identifier_of(std::string_view level, keys const& all)
{
    mapping::data_set identifier;
    identifier.add(tags::QueryRetrieveLevel, level);
    for (auto const& [t, value] : all) {
        std::vector<std::string_view> values;
        for (std::string_view rest = value; !rest.empty();) {
            values.push_back(rest.substr(0, rest.find('\\')));
            rest.remove_prefix(std::min(values.back().size() + 1, rest.size()));
        }
        identifier.add(t, mapping::find_attribute(t)->vr, values);
    }
    return identifier;
}

constexpr auto patient_root = find_model::patient_root;
constexpr auto study_root = find_model::study_root;

}  // namespace

TEST_CASE("an identifier names what is to be retrieved, level by level")
{
    auto const study = tags::StudyInstanceUID;
    auto const series = tags::SeriesInstanceUID;
    auto const sop = tags::SOPInstanceUID;
    struct {
        char const* name;
        char const* level;
        find_model model;
        keys of;
        std::vector<upstream::retrieve_request> requests;
    } const cases[] = {
        {"a patient", "PATIENT", patient_root, {{tags::PatientID, "P1"}}, {}},
        {"a study", "STUDY", study_root, {{study, "1.2"}}, {{"1.2", "", ""}}},
        {"studies", "STUDY", study_root, {{study, "1.2\\1.3\\1.2"}}, {{"1.2", "", ""}, {"1.3", "", ""}}},
        {"a study of a patient", "STUDY", patient_root, {{tags::PatientID, "P1"}, {study, "1.2"}}, {{"1.2", "", ""}}},
        {"a study of whom it may be", "STUDY", patient_root, {{study, "1.2"}}, {{"1.2", "", ""}}},
        {"series",
         "SERIES",
         study_root,
         {{study, "1.2"}, {series, "1.3\\1.4"}},
         {{"1.2", "1.3", ""}, {"1.2", "1.4", ""}}},
        {"images",
         "IMAGE",
         study_root,
         {{study, "1.2"}, {series, "1.3"}, {sop, "1.5\\1.6"}},
         {{"1.2", "1.3", "1.5"}, {"1.2", "1.3", "1.6"}}},
        {"keys without a meaning here",
         "STUDY",
         study_root,
         {{study, "1.2"}, {tags::StudyDate, "19000101"}, {series, "x"}},
         {{"1.2", "", ""}}},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        auto const query = to_retrieve_query(identifier_of(c.level, c.of), c.model, 100);
        REQUIRE(query);
        CHECK(requests_of(*query) == c.requests);
    }
}

TEST_CASE("an identifier that names nothing is refused, and its values are not told")
{
    auto const study = tags::StudyInstanceUID;
    auto const series = tags::SeriesInstanceUID;
    struct {
        char const* name;
        char const* level;
        find_model model;
        keys of;
        char const* where;
    } const cases[] = {
        {"no level", "", study_root, {{study, "1.2"}}, "Query/Retrieve Level"},
        {"an unknown level", "FRAME", study_root, {{study, "1.2"}}, "Query/Retrieve Level"},
        {"a patient of the study root", "PATIENT", study_root, {{tags::PatientID, "P1"}}, "Query/Retrieve Level"},
        {"all patients", "PATIENT", patient_root, {}, "PatientID"},
        {"patients by wild card", "PATIENT", patient_root, {{tags::PatientID, "P*"}}, "PatientID"},
        {"all studies", "STUDY", study_root, {}, "StudyInstanceUID"},
        {"studies by wild card", "STUDY", study_root, {{study, "*"}}, "StudyInstanceUID"},
        {"a series of no study", "SERIES", study_root, {{series, "1.3"}}, "StudyInstanceUID"},
        {"a series of two studies", "SERIES", study_root, {{study, "1.2\\1.4"}, {series, "1.3"}}, "StudyInstanceUID"},
        {"no image", "IMAGE", study_root, {{study, "1.2"}, {series, "1.3"}}, "SOPInstanceUID"},
        {"too many", "STUDY", study_root, {{study, "1.1\\1.2\\1.3\\1.4"}}, "StudyInstanceUID"},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        auto const query = to_retrieve_query(identifier_of(c.level, c.of), c.model, 3);
        REQUIRE_FALSE(query);
        CHECK(query.error().where.find(c.where) != std::string::npos);
        CHECK(query.error().where.find("1.2") == std::string::npos);
    }
}

TEST_CASE("relational: the UIDs above need not be named, and where it is has to be found out")
{
    auto const study = tags::StudyInstanceUID;
    auto const series = tags::SeriesInstanceUID;
    auto const sop = tags::SOPInstanceUID;
    struct {
        char const* name;
        char const* level;
        keys of;
        bool lacks_path;
        std::size_t requests;
    } const cases[] = {
        {"a series", "SERIES", {{series, "1.3\\1.4"}}, true, 0},
        {"images", "IMAGE", {{sop, "1.5\\1.6"}}, true, 0},
        {"images of a study", "IMAGE", {{study, "1.2"}, {sop, "1.5"}}, true, 0},
        {"images of a series", "IMAGE", {{series, "1.3"}, {sop, "1.5"}}, true, 0},
        {"an image with its path", "IMAGE", {{study, "1.2"}, {series, "1.3"}, {sop, "1.5"}}, false, 1},
        {"a series with its study", "SERIES", {{study, "1.2"}, {series, "1.3\\1.4"}}, false, 2},
        {"a study", "STUDY", {{study, "1.2"}}, false, 1},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        auto const query = to_retrieve_query(identifier_of(c.level, c.of), study_root, 100, true);
        REQUIRE(query);
        CHECK(query->lacks_path() == c.lacks_path);
        CHECK(requests_of(*query).size() == c.requests);
        if (c.lacks_path)
            CHECK_FALSE(to_retrieve_query(identifier_of(c.level, c.of), study_root, 100));
    }
    keys const faulty[] = {{{study, "1.2\\1.3"}, {series, "1.4"}}, {{study, "x"}, {series, "1.4"}}, {{study, "1.2"}}};
    for (auto const& of : faulty)
        CHECK_FALSE(to_retrieve_query(identifier_of("SERIES", of), study_root, 100, true));
}

TEST_CASE("of what is proposed relational retrieve alone is agreed to")
{
    using bytes = std::vector<std::byte>;
    std::byte const no{0};
    std::byte const yes{1};
    CHECK(answer_retrieve_options(bytes{yes, yes}) == bytes{yes, no});
    CHECK(answer_retrieve_options(bytes{no, yes}) == bytes{no, no});
    CHECK(answer_retrieve_options(bytes{yes}) == bytes{yes});
    CHECK(answer_retrieve_options(bytes{}).empty());
    CHECK(is_relational_retrieve(bytes{yes, no}));
    CHECK_FALSE(is_relational_retrieve(bytes{no, yes}));
    CHECK_FALSE(is_relational_retrieve(bytes{}));
}

TEST_CASE("requests for instances of one series stand together")
{
    std::vector<upstream::retrieve_request> const all{
        {"1", "2", "3"}, {"1", "2", "4"}, {"1", "5", "6"}, {"1", "5", ""}, {"1", "5", "7"}};
    std::span<upstream::retrieve_request const> const some(all);
    CHECK(in_series(some) == 2);
    CHECK(in_series(some.subspan(2)) == 1);
    CHECK(in_series(some.subspan(3)) == 1);
    CHECK(in_series(some.subspan(4)) == 1);
}
