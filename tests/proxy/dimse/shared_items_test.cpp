#include "proxy/dimse/shared_items.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::proxy::dimse;
using mapping::data_set;
using mapping::tag;
using mapping::operator""_vr;
namespace tags = mapping::tags;

namespace {

constexpr tag step_sequence{0x00400100};
constexpr tag start_time{0x00400003};

struct told {
    std::string name = "Doe^Jane";
    std::string step = "S1";
    std::string study = "1.2";
    std::string accession = "A1";
    std::string issuer = {};
    std::string time = {};
    std::string description = {};
};

worklist_answer answer_of(told const& one)
{
    data_set item;
    auto const add = [](data_set& to, tag t, mapping::vr as, std::string const& value) {
        if (value.empty())
            to.begin(t, as);
        else
            to.add(t, as, {value});
    };
    add(item, tags::PatientName, "PN"_vr, one.name);
    add(item, tags::StudyInstanceUID, "UI"_vr, one.study);
    add(item, tags::AccessionNumber, "SH"_vr, one.accession);
    if (auto* const items = item.add_sequence(tags::IssuerOfAccessionNumberSequence); !one.issuer.empty())
        add(items->emplace_back(), tags::UniversalEntityID, "UT"_vr, one.issuer);
    auto& step = item.add_sequence(step_sequence)->emplace_back();
    add(step, tags::ScheduledProcedureStepID, "SH"_vr, one.step);
    add(step, start_time, "TM"_vr, one.time);
    add(step, tags::ScheduledProcedureStepDescription, "LO"_vr, one.description);
    auto identity = identity_of(item);
    return {.answer = std::move(item), .step = std::move(identity), .in_full = true};
}

}  // namespace

TEST_CASE("a step that two worklists tell is one row, unless they contradict each other")
{
    struct {
        char const* name;
        told first;
        told second;
        std::size_t rows;
        int stays;  // of one row
    } const cases[] = {
        {"equal", {}, {}, 1, 0},
        {"the second tells less", {.description = "CT"}, {}, 1, 0},
        {"the first tells less", {}, {.description = "CT"}, 1, 1},
        {"each tells something", {.time = "0930"}, {.description = "CT"}, 2, 0},
        {"another name", {}, {.name = "DOE^JANE"}, 2, 0},
        {"another time", {.time = "0930"}, {.time = "1030"}, 2, 0},
        {"the same time, more precise", {.time = "0930"}, {.time = "093000"}, 1, 1},
        {"the same time, less precise", {.time = "093000"}, {.time = "0930"}, 1, 0},
        {"another step", {}, {.step = "S2"}, 2, 0},
        {"steps without an id", {.step = ""}, {.step = ""}, 2, 0},
        {"the same study, one without accession number", {}, {.accession = ""}, 1, 0},
        {"the same accession number, one without study", {.study = ""}, {}, 1, 1},
        {"another study", {}, {.study = "1.3"}, 2, 0},
        {"nothing that is known of both", {.study = ""}, {.accession = ""}, 2, 0},
        {"the same number of other issuers", {.study = "", .issuer = "1.5"}, {.study = "", .issuer = "1.6"}, 2, 0},
        {"of an issuer that one does not tell", {.study = "", .issuer = "1.5"}, {.study = ""}, 1, 0},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        shared_items items;
        items.add({answer_of(c.first)});
        items.add({answer_of(c.second)});
        auto const rows = items.take();
        REQUIRE(rows.size() == c.rows);
        if (c.rows == 1)
            CHECK(rows.front().answer == answer_of(c.stays == 0 ? c.first : c.second).answer);
    }
}

TEST_CASE("what one worklist tells twice stays")
{
    shared_items items;
    items.add({answer_of({}), answer_of({})});
    items.add({answer_of({.step = "S2"}), answer_of({.name = "Roe", .step = "S3"})});
    items.add({answer_of({.step = "S2"})});
    auto const rows = items.take();
    REQUIRE(rows.size() == 4);
    CHECK(rows.back().answer.text(tags::PatientName) == "Roe");
}
