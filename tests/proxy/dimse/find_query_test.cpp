#include "proxy/dimse/find_query.hpp"

#include "mapping/errc.hpp"

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
    CHECK_FALSE(to_find_query(identifier, find_model::study_root, {}, 100));
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
