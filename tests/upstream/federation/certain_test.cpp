#include "upstream/federation/certain.hpp"

#include "mapping/dictionary.hpp"
#include "mapping/search/query_string.hpp"

#include <doctest/doctest.h>

using namespace pons;

namespace {

using lists = std::vector<std::vector<std::string>>;
using mapping::operator""_vr;
namespace tags = mapping::tags;

upstream::certain of_query(std::string_view query)
{
    auto const parameters = mapping::search::split_query(query);
    auto const asked = mapping::search::parse(parameters, {.base = "http://pons.example.org/fhir"});
    REQUIRE(asked);
    return upstream::certain_of(asked->criteria);
}

/// A search for a Patient whom a crosswalk knows by ids of these systems, one reference each.
upstream::certain of_resolved(std::string_view query, std::vector<std::vector<std::string>> const& systems)
{
    auto const parameters = mapping::search::split_query(query);
    auto asked = mapping::search::parse(parameters, {.base = "http://pons.example.org/fhir"});
    REQUIRE(asked);
    auto& values = asked->criteria.front().any_of;
    REQUIRE(values.size() == systems.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        auto& known = std::get<mapping::search::reference_value>(values[i]).known_as.emplace();
        for (auto const& system : systems[i])
            known.push_back({system, "7"});
    }
    return upstream::certain_of(asked->criteria);
}

}  // namespace

TEST_CASE("a search says of its studies what every value of a criterion says")
{
    struct {
        char const* query;
        lists issuers;
        lists modalities;
    } const cases[] = {
        {"", {}, {}},
        {"patient.identifier=urn:oid:1|P1", {{"urn:oid:1"}}, {}},
        {"patient:identifier=urn:oid:1|P1", {{"urn:oid:1"}}, {}},
        {"subject.identifier=urn:oid:1|P1", {{"urn:oid:1"}}, {}},
        {"patient.identifier=urn:oid:1|", {{"urn:oid:1"}}, {}},
        {"patient.identifier=urn:oid:1|P1,urn:oid:2|P2", {{"urn:oid:1", "urn:oid:2"}}, {}},
        {"patient.identifier=urn:oid:1|P1,P2", {}, {}},
        {"patient.identifier=P1", {}, {}},
        {"patient.identifier=|P1", {}, {}},
        {"patient=P1", {}, {}},
        {"patient=http://ehr.example.org/fhir/Patient/1", {}, {}},
        {"patient:missing=false", {}, {}},
        {"patient.name=Doe", {}, {}},
        {"identifier=urn:oid:1|A1", {}, {}},
        {"modality=MG", {}, {{"MG"}}},
        {"modality=http://dicom.nema.org/resources/ontology/DCM|MG", {}, {{"MG"}}},
        {"modality=MG,CT", {}, {{"MG", "CT"}}},
        {"modality=MG&modality=CT", {}, {{"MG"}, {"CT"}}},
        {"modality=MG,http://dicom.nema.org/resources/ontology/DCM|", {}, {}},
        {"modality:not=MG", {}, {}},
        {"modality:missing=false", {}, {}},
        {"bodysite=MG", {}, {}},
        {"modality=MG&patient.identifier=urn:oid:1|P1&started=2024", {{"urn:oid:1"}}, {{"MG"}}},
    };
    for (auto const& c : cases) {
        CAPTURE(c.query);
        auto const known = of_query(c.query);
        CHECK(known.issuers == c.issuers);
        CHECK(known.modalities == c.modalities);
    }
}

TEST_CASE("a reference says who issued the ids that the crosswalk has for it")
{
    CHECK(of_resolved("patient=1", {{"urn:oid:1", "urn:oid:2"}}).issuers == lists{{"urn:oid:1", "urn:oid:2"}});
    CHECK(of_resolved("patient=1,2", {{"urn:oid:1"}, {"urn:oid:2"}}).issuers == lists{{"urn:oid:1", "urn:oid:2"}});
    // One whom it does not know finds nothing, and adds no studies.
    CHECK(of_resolved("patient=1,2", {{"urn:oid:1"}, {}}).issuers == lists{{"urn:oid:1"}});
    CHECK(of_resolved("patient=1", {{}}).issuers.empty());
    CHECK(of_resolved("patient=1", {{"urn:oid:1", ""}}).issuers.empty());
}

TEST_CASE("keys of DICOM say something when they are single values")
{
    struct {
        mapping::tag what;
        char const* value;
        lists issuers;
        lists modalities;
    } const cases[] = {
        {tags::ModalitiesInStudy, "MG", {}, {{"MG"}}},
        {tags::Modality, "MG", {}, {{"MG"}}},
        {tags::IssuerOfPatientID, "HOSP_A", {{"HOSP_A"}}, {}},
        {tags::Modality, "M*", {}, {}},
        {tags::Modality, "M?", {}, {}},
        {tags::Modality, "", {}, {}},
        {tags::IssuerOfPatientID, "*", {}, {}},
        {tags::PatientID, "MG", {}, {}},
    };
    for (auto const& c : cases) {
        CAPTURE(c.value);
        auto const vr = c.what == tags::IssuerOfPatientID || c.what == tags::PatientID ? "LO"_vr : "CS"_vr;
        auto const key = mapping::make_match_key({c.what}, vr, c.value);
        REQUIRE(key);
        auto const known = upstream::certain_of(std::span(&*key, 1));
        CHECK(known.issuers == c.issuers);
        CHECK(known.modalities == c.modalities);
    }
    mapping::match_key const deep{
        .path = {tags::RequestAttributesSequence, tags::Modality}, .as = "CS"_vr, .values = {"MG"}};
    CHECK(upstream::certain_of(std::span(&deep, 1)).modalities.empty());
}
