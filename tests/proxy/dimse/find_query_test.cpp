#include "proxy/dimse/find_query.hpp"

#include "mapping/errc.hpp"
#include "proxy/dimse/relational_find.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace pons;
using namespace pons::proxy::dimse;
namespace tags = mapping::tags;

namespace {

mapping::data_set at(std::string_view level)
{
    mapping::data_set identifier;
    identifier.add(tags::QueryRetrieveLevel, level);
    return identifier;
}

}  // namespace

TEST_CASE("extended negotiation: what we do of it")
{
    auto const bytes = [](std::initializer_list<int> values) {
        std::vector<std::byte> all;
        for (auto const v : values)
            all.push_back(static_cast<std::byte>(v));
        return all;
    };
    CHECK(answer_options(bytes({})) == bytes({}));
    CHECK(answer_options(bytes({1})) == bytes({1}));
    CHECK(answer_options(bytes({1, 1, 1, 1, 1, 1})) == bytes({1, 1, 0, 0, 0, 0}));
    CHECK(answer_options(bytes({0, 1, 0})) == bytes({0, 1, 0}));
    CHECK(to_find_options(bytes({1, 0})).relational);
    CHECK_FALSE(to_find_options(bytes({1, 0})).combined_times);
    CHECK_FALSE(to_find_options({}).relational);
}

TEST_CASE("relational, what is above need not be named")
{
    auto identifier = at("IMAGE");
    identifier.add(tags::SOPInstanceUID, "1.2.3");
    CHECK_FALSE(to_find_query(identifier, find_model::study_root, {}, 100));
    auto const query = to_find_query(identifier, find_model::patient_root, {.relational = true}, 100);
    REQUIRE(query);
    CHECK(query->search.where.at == mapping::level::instance);
    CHECK(query->search.where.study_uid.empty());
    REQUIRE(query->search.keys.size() == 1);
    CHECK_FALSE(is_narrowed(*query));

    identifier.add(tags::SeriesInstanceUID, "1.2");
    identifier.add(tags::StudyInstanceUID, "1");
    auto const named = to_find_query(identifier, find_model::study_root, {.relational = true}, 100);
    REQUIRE(named);
    CHECK(named->search.where.study_uid == "1");
    CHECK(named->search.where.series_uid == "1.2");
    CHECK(named->search.keys.size() == 1);
    CHECK(is_narrowed(*named));
}

TEST_CASE("relational, UIDs of series and instances alone are looked for where they are")
{
    using uids = std::vector<std::string>;
    auto const read = [](mapping::data_set identifier) {
        auto query = to_find_query(std::move(identifier), find_model::study_root, {.relational = true}, 100);
        REQUIRE(query);
        return std::move(*query);
    };
    auto image = at("IMAGE");
    CHECK_FALSE(to_be_located(read(image)));
    image.add(tags::SOPInstanceUID, "1.2.3");
    image.add(tags::Modality, "CT");
    auto const of_image = to_be_located(read(image));
    REQUIRE(of_image);
    CHECK(of_image->at == find_level::image);
    CHECK(of_image->instances == uids{"1.2.3"});
    CHECK(of_image->lacks_path());

    auto series = at("SERIES");
    series.add(tags::SeriesInstanceUID, mapping::vr_of('U', 'I'), {"1.2", "1.3"});
    auto const query = read(series);
    auto const of_series = to_be_located(query);
    REQUIRE(of_series);
    CHECK(of_series->at == find_level::series);
    CHECK(of_series->series == uids{"1.2", "1.3"});
    std::vector<upstream::retrieve_request> const places{
        {.study_instance_uid = "1", .series_instance_uid = "1.2", .sop_instance_uid = {}},
        {.study_instance_uid = "1", .series_instance_uid = "1.3", .sop_instance_uid = {}},
        {.study_instance_uid = "2", .series_instance_uid = "1.3", .sop_instance_uid = {}}};
    auto const searches = searches_at(query, places);
    REQUIRE(searches.size() == 2);
    CHECK(searches[0].where.study_uid == "1");
    CHECK(searches[1].where.study_uid == "2");
    CHECK(searches[1].where.series_uid.empty());
    CHECK(searches[1].keys == query.search.keys);

    // The images of a series of which nothing else is known.
    auto images = at("IMAGE");
    images.add(tags::SeriesInstanceUID, mapping::vr_of('U', 'I'), {"1.2", "1.3"});
    auto const of_images = read(images);
    auto const where = to_be_located(of_images);
    REQUIRE(where);
    CHECK(where->at == find_level::series);
    auto const there = searches_at(of_images, std::span(places).first(2));
    REQUIRE(there.size() == 2);
    CHECK(there[0].where.series_uid == "1.2");
    CHECK(there[0].keys.empty());

    // An instance is no match in another series than those that are named.
    image.add(tags::SeriesInstanceUID, mapping::vr_of('U', 'I'), {"1.2", "1.4"});
    auto const elsewhere = read(image);
    REQUIRE(to_be_located(elsewhere));
    auto const left = searches_at(elsewhere, places);
    REQUIRE(left.size() == 1);
    CHECK(left[0].where.series_uid == "1.2");

    // What narrows by itself is searched for at once.
    images.add(tags::PatientID, "P1");
    CHECK_FALSE(to_be_located(read(images)));
}

TEST_CASE("the keys of an item are matched in that item")
{
    auto identifier = at("SERIES");
    identifier.add(tags::StudyInstanceUID, "1.2");
    auto* const items = identifier.add_sequence(tags::RequestAttributesSequence);
    auto& item = items->emplace_back();
    item.add(tags::RequestedProcedureID, "RP1");
    item.add(tags::ScheduledProcedureStepID, "");
    auto const query = to_find_query(identifier, find_model::study_root, {}, 100);
    REQUIRE(query);
    REQUIRE(query->search.keys.size() == 1);
    CHECK(query->search.keys.front().path == std::vector{tags::RequestAttributesSequence, tags::RequestedProcedureID});
    CHECK(query->search.fields == std::vector{tags::StudyInstanceUID, tags::RequestAttributesSequence});
    items->emplace_back();
    auto const two = to_find_query(identifier, find_model::study_root, {}, 100);
    REQUIRE_FALSE(two);
    CHECK(two.error().code == mapping::errc::invalid_value);
    CHECK(two.error().where == "RequestAttributesSequence (0040,0275) has more than one item");
}

TEST_CASE("sequences in sequences, to a depth that no tool has")
{
    auto const nested = [](int depth) {
        auto identifier = at("STUDY");
        auto* in = &identifier.add_sequence(tags::ProcedureCodeSequence)->emplace_back();
        for (int n = 1; n < depth; ++n)
            in = &in->add_sequence(tags::ProcedureCodeSequence)->emplace_back();
        in->add(tags::CodeValue, "x");
        return to_find_query(std::move(identifier), find_model::study_root, {}, 100);
    };
    auto const deep = nested(8);
    REQUIRE(deep);
    CHECK(deep->search.keys.front().path.size() == 9);
    auto const deeper = nested(9);
    REQUIRE_FALSE(deeper);
    CHECK(deeper.error().code == mapping::errc::too_long);
    CHECK(deeper.error().where == "ProcedureCodeSequence (0008,1032) nests more than 8 sequences");
}

TEST_CASE("more keys than any tool has are refused")
{
    auto identifier = at("STUDY");
    auto& item = identifier.add_sequence(tags::ProcedureCodeSequence)->emplace_back();
    for (std::uint32_t n = 0; n < 65; ++n)
        item.add(mapping::tag{0x00400500 + n}, mapping::vr_of('L', 'O'), {"x"});
    auto const query = to_find_query(identifier, find_model::study_root, {}, 100);
    REQUIRE_FALSE(query);
    CHECK(query.error().code == mapping::errc::too_long);
}

TEST_CASE("what narrows")
{
    struct {
        mapping::tag key;
        char const* value;
        bool narrows;
    } const cases[] = {
        {tags::PatientID, "P1", true},      {tags::PatientID, "P*", true},      {tags::PatientID, "?1", false},
        {tags::PatientName, "DOE*", true},  {tags::PatientName, "*DOE", false}, {tags::StudyDate, "20240101-", true},
        {tags::StudyDate, "-", false},      {tags::StudyID, "7", true},         {tags::AccessionNumber, "A", true},
        {tags::StudyTime, "10-11", false},  {tags::PatientSex, "F", false},     {tags::StudyInstanceUID, "1.2", true},
        {tags::StudyInstanceUID, "", false}};
    for (auto const& c : cases) {
        CAPTURE(mapping::describe(c.key));
        CAPTURE(c.value);
        auto identifier = at("STUDY");
        identifier.add(c.key, c.value);
        auto const query = to_find_query(identifier, find_model::study_root, {}, 100);
        if (query)
            CHECK(is_narrowed(*query) == c.narrows);
        else
            CHECK_FALSE(c.narrows);
    }
}
