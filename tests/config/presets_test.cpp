#include "config/presets.hpp"

#include "config/load.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace pons::config;

namespace {

quirks quirks_of(std::string const& block)
{
    auto const loaded =
        load_text("sources: {a: {kind: dicomweb, url: http://127.0.0.1/x, quirks: {" + block + "}}}", "t.yaml");
    REQUIRE(loaded.settings);
    return loaded.settings->sources.at(0).quirks;
}

}  // namespace

TEST_CASE("every preset says what it knows and from whom, and can be chosen")
{
    std::set<std::string_view> names;
    for (auto const& p : presets()) {
        CAPTURE(std::string(p.name));
        CHECK(names.insert(p.name).second);
        CHECK_FALSE(p.about.empty());
        CHECK_FALSE(p.evidence.empty());
        CHECK(quirks_of("preset: " + std::string(p.name)).preset == p.name);
    }
    CHECK(names.size() == 17);
    CHECK(preset_names().size() == names.size());
    quirks untouched;
    untouched.max_results = 7;
    CHECK_FALSE(apply_preset("nobody", untouched));
    CHECK(untouched.max_results == 7);
}

TEST_CASE("presets set what was seen")
{
    auto const orthanc = quirks_of("preset: orthanc");
    CHECK(orthanc.relational);
    CHECK(orthanc.series_by_uid_list);
    CHECK(orthanc.modalities_in_study);
    CHECK(orthanc.name_matching == name_matching::insensitive);
    CHECK(orthanc.query_encoding == query_encoding::strict);
    CHECK(quirks_of("preset: orthanc-dicomweb-old").query_encoding == query_encoding::minimal);
    CHECK(quirks_of("preset: orthanc-dicomweb-old").relational);
    CHECK(quirks_of("preset: dcmtk-qrscp").name_matching == name_matching::sensitive);
    CHECK_FALSE(quirks_of("preset: dcmtk-qrscp").modalities_in_study);
    CHECK(quirks_of("preset: azure").page_limit == 200);
    CHECK_FALSE(quirks_of("preset: azure").wildcards);
    CHECK_FALSE(quirks_of("preset: azure").study_id);
    CHECK(quirks_of("preset: ge-archive").universal == universal_matching::star);
    for (auto const* name : {"ge-aw", "agfa-impax", "siemens-syngo-via", "philips-adw"})
        CHECK(quirks_of(std::string("preset: ") + name).universal == universal_matching::empty);
    CHECK(quirks_of("preset: generic").universal == universal_matching::unknown);
    CHECK(quirks_of("preset: aws-healthimaging").max_results == 10000);
}

TEST_CASE("single quirks win over the preset, wherever they stand")
{
    for (std::string const block : {"preset: orthanc, relational: false", "relational: false, preset: orthanc"}) {
        CAPTURE(block);
        auto const q = quirks_of(block);
        CHECK_FALSE(q.relational);
        CHECK(q.series_by_uid_list);
    }
}
