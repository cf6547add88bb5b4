#include "mapping/fhir/imaging_study.hpp"

#include "mapping/tables/imaging_study.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/same_content.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>

using namespace pons;
using namespace pons::mapping;
using namespace pons::mapping::fhir;
using nlohmann::ordered_json;

namespace {

std::string written(study_record const& study, shape const& as, format f, bool pretty = false)
{
    std::string out;
    writer w(out, f, pretty);
    write_imaging_study(w, {}, study, as);
    return out;
}

ordered_json to_json(study_record const& study, shape const& as)
{
    return ordered_json::parse(written(study, as, format::json));
}

shape in_full()
{
    return make_shape(view::all, {}, level::instance);
}

std::string canonical(std::string const& xml)
{
    pugi::xml_document document;
    REQUIRE(document.load_string(xml.c_str()));
    std::ostringstream out;
    document.document_element().print(out, "", pugi::format_raw);
    return out.str();
}

}  // namespace

TEST_CASE("studies are written as the golden files say, in both formats")
{
    for (std::string const name : {"ct_two_series", "odd_values", "bare"}) {
        CAPTURE(name);
        auto const study = test::read_golden_study(name);
        for (bool const pretty : {false, true}) {
            auto const json = written(study.record, in_full(), format::json, pretty);
            auto const xml = written(study.record, in_full(), format::xml, pretty);
            CHECK(ordered_json::parse(json).dump(1) ==
                  ordered_json::parse(test::golden_file(name + ".fhir.json")).dump(1));
            CHECK(canonical(xml) == canonical(test::golden_file(name + ".fhir.xml")));
            CHECK(test::difference(json, xml) == "");
        }
    }
}

TEST_CASE("depth, _summary and _elements choose what is shown")
{
    auto const study = test::read_golden_study("ct_two_series");
    auto const& r = study.record;
    struct {
        char const* name;
        view v;
        std::vector<std::string> elements;
        level depth;
        bool subsetted;
        bool description, series, instances;
    } const cases[] = {
        {"everything", view::all, {}, level::instance, false, true, true, true},
        {"series", view::all, {}, level::series, true, true, true, false},
        {"study", view::all, {}, level::study, true, true, false, false},
        {"summary", view::summary, {}, level::instance, true, true, true, false},
        {"text", view::text, {}, level::instance, true, false, false, false},
        {"data", view::data, {}, level::instance, true, true, true, true},
        {"one element", view::all, {"description"}, level::instance, true, true, false, false},
        {"series as an element", view::all, {"series"}, level::instance, true, false, true, true},
        {"an element of another resource", view::all, {"nonsense"}, level::instance, true, false, false, false},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        auto const as = make_shape(c.v, c.elements, c.depth);
        auto const json = to_json(r, as);
        CHECK(as.subsetted == c.subsetted);
        CHECK(json.contains("meta") == c.subsetted);
        CHECK(json.contains("description") == c.description);
        CHECK(json.contains("series") == c.series);
        CHECK((c.series && json.at("series").at(0).contains("instance")) == c.instances);
        // Mandatory and modifier elements are always there.
        CHECK(json.contains("status"));
        CHECK(json.contains("subject"));
        CHECK(json.at("id") == r.uid());
        CHECK(test::difference(json.dump(), written(r, as, format::xml)) == "");
    }
}

TEST_CASE("series and instances without a usable UID are left out and counted")
{
    auto study = test::read_golden_study("ct_two_series");
    CHECK(unpresentable(study.record) == 0);
    auto& odd = study.record.series.emplace_back();
    odd.attributes.add(tags::SeriesInstanceUID, "not a uid");
    study.record.series[0].instances.emplace_back().add(tags::SOPInstanceUID, "1.02");
    CHECK(unpresentable(study.record) == 2);
    auto const json = to_json(study.record, in_full());
    CHECK(json.at("series").size() == 2);
}

TEST_CASE("a study of which series were held back does not count what is there")
{
    auto study = test::read_golden_study("bare");
    auto& series = study.record.series.emplace_back();
    series.attributes.add(tags::SeriesInstanceUID, "1.2.3.1");
    series.instances_known = true;
    series.instances.emplace_back().add(tags::SOPInstanceUID, "1.2.3.1.1");
    auto const all = to_json(study.record, in_full());
    CHECK(all.at("numberOfSeries") == 1);
    CHECK(all.at("numberOfInstances") == 1);
    study.record.partial = true;
    auto const part = to_json(study.record, in_full());
    CHECK(!part.contains("numberOfSeries"));
    CHECK(!part.contains("numberOfInstances"));
    CHECK(!part.at("series").at(0).contains("numberOfInstances"));
}

TEST_CASE("names of elements are those of ImagingStudy")
{
    for (auto const* const name : {"id", "meta", "identifier", "status", "series", "reasonCode"})
        CHECK(is_element(name));
    for (auto const* const name : {"", "uid", "series.uid", "Identifier", "note"})
        CHECK(!is_element(name));
}
