#include "mapping/data_set.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace pons::mapping;

namespace {

std::vector<tag> order(data_set const& set)
{
    std::vector<tag> all;
    set.for_each([&](tag t, vr, bool) { all.push_back(t); });
    return all;
}

}  // namespace

TEST_CASE("holds values as they came, without their padding")
{
    data_set set;
    set.add(tags::ModalitiesInStudy, "CS"_vr, {"CT ", " SR", ""});
    set.add(tags::PatientID, std::string_view(" 4711\0", 6));
    set.add_one(tags::StudyID, "SH"_vr, "S1 ");
    set.add(tags::DocumentTitle, "ST"_vr, {"  indented  "});
    set.add(tags::AccessionNumber, "SH"_vr, {});

    CHECK(set.count(tags::ModalitiesInStudy) == 3);
    CHECK(set.text(tags::ModalitiesInStudy) == "CT");
    CHECK(set.text(tags::ModalitiesInStudy, 1) == "SR");
    CHECK(set.text(tags::ModalitiesInStudy, 2).empty());
    CHECK(set.text(tags::ModalitiesInStudy, 3).empty());
    CHECK(set.text(tags::PatientID) == "4711");
    CHECK(set.text(tags::StudyID) == "S1");
    CHECK(set.text(tags::DocumentTitle) == "  indented");
    CHECK(set.contains(tags::AccessionNumber));
    CHECK(set.count(tags::AccessionNumber) == 0);
    CHECK_FALSE(set.contains(tags::PatientName));
    CHECK(set.text(tags::PatientName).empty());
}

TEST_CASE("keeps attributes in order, whatever the order they came in, and the first of two")
{
    data_set set;
    set.add(tags::StudyID, "b");
    set.add(tags::Modality, "a");
    set.add(tags::SeriesNumber, "c");
    set.add(tags::Modality, "again");
    set.add_one(tags::StudyID, "SH"_vr, "again");
    CHECK(set.add_sequence(tags::Modality) == nullptr);
    CHECK_FALSE(set.begin(tags::SeriesNumber, "IS"_vr));
    set.value("goes nowhere");

    CHECK(order(set) == std::vector{tags::Modality, tags::StudyID, tags::SeriesNumber});
    CHECK(set.text(tags::Modality) == "a");
    CHECK(set.text(tags::StudyID) == "b");
    CHECK(set.text(tags::SeriesNumber) == "c");
    CHECK(set.count(tags::SeriesNumber) == 1);
}

TEST_CASE("takes values one by one, between others that were put in before it")
{
    data_set set;
    set.add(tags::StudyID, "later");
    REQUIRE(set.begin(tags::ImageType, "CS"_vr));
    for (auto const* v : {"ORIGINAL", "", "AXIAL"})
        set.value(v);
    set.add_one(tags::Modality, "CS"_vr, "CT");
    set.value("goes nowhere");
    CHECK(set.count(tags::ImageType) == 3);
    CHECK(set.text(tags::ImageType, 2) == "AXIAL");
    CHECK(set.count(tags::Modality) == 1);
    CHECK(set.count(tags::StudyID) == 1);
}

TEST_CASE("holds sequences")
{
    data_set set;
    auto* const items = set.add_sequence(tags::ProcedureCodeSequence);
    REQUIRE(items != nullptr);
    items->emplace_back().add(tags::CodeValue, "A");
    items->emplace_back();
    set.add(tags::StudyID, "S");
    set.add_sequence(tags::RequestAttributesSequence)->emplace_back().add(tags::RequestedProcedureID, "R");

    CHECK(set.items(tags::ProcedureCodeSequence).size() == 2);
    CHECK(set.items(tags::ProcedureCodeSequence)[0].text(tags::CodeValue) == "A");
    CHECK(set.items(tags::RequestAttributesSequence)[0].text(tags::RequestedProcedureID) == "R");
    CHECK(set.items(tags::StudyID).empty());
    CHECK(set.text(tags::ProcedureCodeSequence).empty());
    CHECK(set.count(tags::ProcedureCodeSequence) == 0);
}

TEST_CASE("grows, is copied and moved, and can be used after that")
{
    data_set set;
    for (std::uint32_t i = 200; i-- != 0;)
        set.add(tag{0x00091000 + i}, "LO"_vr, {std::string(i, 'x')});
    for (std::uint32_t i = 0; i < 200; ++i)
        CHECK(set.text(tag{0x00091000 + i}).size() == i);

    data_set const copy = set;
    CHECK(copy == set);
    data_set moved = std::move(set);
    CHECK(copy == moved);
    set = data_set();
    set.add(tags::StudyID, "again");
    CHECK(set.text(tags::StudyID) == "again");
    CHECK_FALSE(copy == set);
    moved.add(tags::StudyID, "more");
    CHECK_FALSE(copy == moved);
    CHECK(moved.text(tags::StudyID) == "more");
}

TEST_CASE("equal when the same attributes have the same values")
{
    data_set a;
    a.add(tags::StudyID, "1");
    a.add_sequence(tags::ProcedureCodeSequence)->emplace_back().add(tags::CodeValue, "A");
    data_set b;
    b.add_sequence(tags::ProcedureCodeSequence)->emplace_back().add(tags::CodeValue, "A");
    CHECK_FALSE(a == b);
    b.add(tags::StudyID, "1");
    CHECK(a == b);
    data_set c;
    c.add_sequence(tags::ProcedureCodeSequence)->emplace_back().add(tags::CodeValue, "B");
    c.add(tags::StudyID, "1");
    CHECK_FALSE(a == c);
}
