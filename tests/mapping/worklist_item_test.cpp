#include "mapping/worklist_item.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace pons::mapping;

namespace {

constexpr tag request{0x0040A370};
constexpr tag step_sequence{0x00400100};

/// A sequence with one item of one attribute.
void add_item(data_set& to, tag sequence, tag t, vr as, std::string_view value)
{
    to.add_sequence(sequence)->emplace_back().add(t, as, {value});
}

}  // namespace

TEST_CASE("a workitem is told as a scheduled procedure step")
{
    data_set workitem;
    workitem.add(tags::PatientName, "Doe^Jane");
    workitem.add(tag{0x00380010}, "LO"_vr, {"A7"});
    workitem.add(tags::StudyInstanceUID, "1.2.3");
    workitem.add(tag{0x00741000}, "CS"_vr, {"SCHEDULED"});
    workitem.add(tag{0x00741200}, "CS"_vr, {"HIGH"});
    workitem.add(tag{0x00741204}, "LO"_vr, {"Thorax"});
    workitem.add(tag{0x00404005}, "DT"_vr, {"20240706093000.000+0200"});
    add_item(workitem, tag{0x00404025}, tags::CodeValue, "SH"_vr, "CT1");
    add_item(workitem, tag{0x00404026}, tags::CodeValue, "SH"_vr, "CT");
    add_item(workitem, tag{0x00404027}, tags::CodeMeaning, "LO"_vr, "Room 1");
    add_item(workitem, tag{0x00404018}, tags::CodeValue, "SH"_vr, "P5-09051");
    add_item(workitem, tag{0x00404034}, tag{0x00404037}, "PN"_vr, "House^Gregory");
    auto& asked = workitem.add_sequence(request)->emplace_back();
    asked.add(tags::AccessionNumber, "ACC1");
    asked.add(tag{0x00401001}, "SH"_vr, {"RP1"});
    asked.add(tag{0x00321060}, "LO"_vr, {"CT of the thorax"});

    auto const item = to_worklist_item(workitem, nullptr);
    struct {
        tag t;
        char const* value;
    } const own[] = {{tags::PatientName, "Doe^Jane"}, {tag{0x00380010}, "A7"},  {tags::StudyInstanceUID, "1.2.3"},
                     {tags::AccessionNumber, "ACC1"}, {tag{0x00401001}, "RP1"}, {tag{0x00321060}, "CT of the thorax"},
                     {tag{0x00401003}, "HIGH"},       {tag{0x00321032}, ""},    {tags::PatientID, ""}};
    for (auto const& c : own) {
        CAPTURE(describe(c.t));
        CHECK(item.contains(c.t));
        CHECK(item.text(c.t) == c.value);
    }
    REQUIRE(item.items(step_sequence).size() == 1);
    auto const& step = item.items(step_sequence).front();
    struct {
        tag t;
        char const* value;
    } const of_step[] = {
        {tags::Modality, "CT"},          {tag{0x00400001}, "CT1"},           {tag{0x00400002}, "20240706"},
        {tag{0x00400003}, "093000.000"}, {tag{0x00400006}, "House^Gregory"}, {tag{0x00400007}, "Thorax"},
        {tag{0x00400009}, "RP1"},        {tag{0x00400010}, "CT1"},           {tag{0x00400020}, "SCHEDULED"}};
    for (auto const& c : of_step) {
        CAPTURE(describe(c.t));
        CHECK(step.contains(c.t));
        CHECK(step.text(c.t) == c.value);
    }
    CHECK(step.text(tag{0x00400011}) == "Room 1");
    REQUIRE(step.items(tag{0x00400008}).size() == 1);
    CHECK(step.items(tag{0x00400008}).front().text(tags::CodeValue) == "P5-09051");
}

TEST_CASE("what a workitem does not have is there, empty")
{
    auto const item = to_worklist_item(data_set(), nullptr);
    auto const& step = item.items(step_sequence).front();
    std::set<tag> walked;
    for (auto const& row : worklist_rows()) {
        CAPTURE(row.keyword);
        auto const& home = row.in == worklist_row::place::item ? item : step;
        CHECK(home.contains(row.attribute));
        CHECK(home.text(row.attribute).empty());
        walked.insert(row.attribute);
    }
    CHECK(walked.size() > 20);
}

TEST_CASE("a code that is no AE title is none")
{
    data_set workitem;
    add_item(workitem, tag{0x00404025}, tags::CodeValue, "SH"_vr, "A station with a long name");
    auto const item = to_worklist_item(workitem, nullptr);
    CHECK(item.items(step_sequence).front().text(tag{0x00400001}).empty());
}

TEST_CASE("a start with an offset is told by the clocks of the modalities")
{
    auto const vienna = codecs::find_zone("Europe/Vienna");
    REQUIRE(vienna);
    struct {
        char const* name;
        char const* start;
        codecs::zone const* zone;
        char const* date;
        char const* time;
    } const cases[] = {
        {"UTC, in summer", "20240706093000+0000", &*vienna, "20240706", "113000"},
        {"UTC, in winter", "20240106093000+0000", &*vienna, "20240106", "103000"},
        {"a day later here", "20240706223000+0000", &*vienna, "20240707", "003000"},
        {"a day earlier here", "20240101003000+1400", &*vienna, "20231231", "113000"},
        {"a fraction", "20240706093000.250-0500", &*vienna, "20240706", "163000.250"},
        {"hours and minutes", "202407060930+0000", &*vienna, "20240706", "113000"},
        {"the offset of here", "20240706093000+0200", &*vienna, "20240706", "093000"},
        {"no offset", "20240706093000", &*vienna, "20240706", "093000"},
        {"a date", "20240706", &*vienna, "20240706", ""},
        {"a date with an offset", "20240706+0000", &*vienna, "20240706", ""},
        {"no zone", "20240706223000+0000", nullptr, "20240706", "223000"},
        {"no such offset", "20240706223000+00", &*vienna, "20240706", "223000"},
        {"later than the zone is known", "22240706223000+0000", &*vienna, "22240706", "223000"},
        {"nothing", "", &*vienna, "", ""},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        data_set workitem;
        workitem.add(tag{0x00404005}, "DT"_vr, {c.start});
        auto const item = to_worklist_item(workitem, c.zone);
        auto const& step = item.items(step_sequence).front();
        CHECK(step.text(tag{0x00400002}) == c.date);
        CHECK(step.text(tag{0x00400003}) == c.time);
    }
}
