#include "upstream/dicomweb/ups_worklist.hpp"

#include "mapping/matching.hpp"

#include <doctest/doctest.h>

using namespace pons;
using mapping::match_key;
using mapping::tag;
using mapping::operator""_vr;
namespace tags = mapping::tags;

TEST_CASE("what is pushed to a UPS-RS server only narrows")
{
    constexpr tag step{0x00400100};
    constexpr tag start_date{0x00400002};
    match_key const patient{.path = {tags::PatientID}, .as = "LO"_vr, .values = {"A&B"}};
    match_key const some_patients{.path = {tags::PatientID}, .as = "LO"_vr, .values = {"A*"}};
    auto const day = [&](char const* value) {
        return match_key{.path = {step, start_date}, .as = "DA"_vr, .values = {value}};
    };
    struct {
        char const* name;
        std::vector<match_key> keys;
        char const* pushed;
    } const cases[] = {
        {"nothing", {}, ""},
        {"a patient", {patient, day("20240301")}, "&PatientID=A%26B"},
        {"patients by wild card", {some_patients}, ""},
        {"a day", {day("20240301")}, "&ScheduledProcedureStepStartDateTime=20240229-20240303"},
        {"a range", {day("20231231-20240101")}, "&ScheduledProcedureStepStartDateTime=20231230-20240103"},
        {"an open range", {day("20240301-")}, "&ScheduledProcedureStepStartDateTime=20240229-"},
        {"another key of the step", {{.path = {step, tags::Modality}, .as = "CS"_vr, .values = {"CT"}}}, ""},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto const all =
            std::string("/base/workitems?ProcedureStepState=SCHEDULED") + c.pushed + "&includefield=all&limit=200";
        CHECK(upstream::dicomweb::workitems_target("/base", c.keys, 200, 0) == all);
        CHECK(upstream::dicomweb::workitems_target("/base", c.keys, 200, 400) == all + "&offset=400");
    }
}
