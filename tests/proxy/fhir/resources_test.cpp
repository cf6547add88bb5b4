#include "tests/proxy/fhir/face.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace pons;
using namespace pons::test;

namespace {

namespace tags = mapping::tags;

/// Studies with little, with much, and with what is hard to write.
void hold_odd_ones(fixed_state& state)
{
    state.studies = {a_study("1.2.1"), a_study("1.2.2", "")};
    auto& bare = state.studies.emplace_back().attributes;
    bare.add(tags::StudyInstanceUID, "1.2.3");
    bare.add(tags::PatientID, "P1");
    auto& odd = state.studies.emplace_back();
    odd.attributes.add(tags::StudyInstanceUID, "1.2.4");
    odd.attributes.add(tags::PatientID, "P1");
    odd.attributes.add(tags::PatientName, "Yamada^Tarou=山田^太郎=やまだ^たろう");
    odd.attributes.add(tags::StudyDate, "2024.01.01");
    odd.attributes.add(tags::StudyTime, "07");
    odd.attributes.add(tags::StudyDescription, "\x01\x02 <a href=\"x\">&amp;</a> ]]> \t\n \\ \xF0\x9F\xA9\xBB");
    odd.attributes.add(tags::AccessionNumber, " ");
    odd.attributes.add(tags::StudyID, "");
    odd.attributes.add(tags::ReferringPhysicianName, "^^^^");
    odd.attributes.add(tags::ModalitiesInStudy, "KO");
    auto& series = odd.series.emplace_back().attributes;
    series.add(tags::SeriesInstanceUID, "1.2.4.1");
    series.add(tags::SeriesDescription, "\x1F");
    series.add(tags::SeriesNumber, "-1");
    series.add(tags::BodyPartExamined, "CHEST  PA<");
    auto& instance = odd.series.back().instances.emplace_back();
    instance.add(tags::SOPInstanceUID, "1.2.4.1.1");
}

}  // namespace

TEST_CASE("everything that the face writes is sound, and JSON and XML say the same")
{
    face f;
    hold_odd_ones(f.add_source("a"));
    f.add_source("b").studies = {a_study("1.2.1", "20240310", "P2")};
    char const* const targets[] = {
        "ImagingStudy?patient=P1",
        "ImagingStudy?patient=P1&_summary=false&_include=*&foo=1",
        "ImagingStudy?patient=P1&_summary=true",
        "ImagingStudy?patient=P1&_summary=text",
        "ImagingStudy?patient=P1&_summary=data",
        "ImagingStudy?patient=P1&_summary=count",
        "ImagingStudy?patient=P1&_elements=description,modality",
        "ImagingStudy?patient=P1&_elements=series",
        "ImagingStudy?patient=nobody",
        "ImagingStudy?patient=nobody&foo=1",
        "ImagingStudy?_id=1.2.1",
        "ImagingStudy/1.2.1",
        "ImagingStudy/1.2.2",
        "ImagingStudy/1.2.3",
        "ImagingStudy/1.2.4",
        "ImagingStudy/1.2.4?_summary=true",
        "ImagingStudy/1.2.4?_elements=status",
        "ImagingStudy/1.2.99",
        "ImagingStudy?modality=CT",
        "ImagingStudy?patient=P1&status:exact=%3C%26%3E",
        "Endpoint",
        "Endpoint?foo=1&_summary=text",
        "Endpoint/a-wado-rs",
        "Endpoint/a-qido-rs",
        "Endpoint/none",
        "metadata",
        "Observation",
    };
    for (auto const* target : targets) {
        CAPTURE(target);
        auto const as_json = f.get(target, {{"Accept", "application/fhir+json"}});
        auto const as_xml = f.get(target, {{"Accept", "application/fhir+xml"}});
        CHECK(as_json.content_type == "application/fhir+json; charset=utf-8");
        CHECK(as_xml.content_type == "application/fhir+xml; charset=utf-8");
        CHECK(as_json.status == as_xml.status);
        CHECK(first_empty(body_of(as_json)) == "");
        auto const tree = tree_of_json(as_json.body);
        CHECK(tree.size() > 3);
        CHECK(tree_of_xml(as_xml.body) == tree);

        auto const pretty = std::string(target) +
                            (std::string_view(target).find('?') == std::string_view::npos ? "?" : "&") +
                            "_pretty=true&_format=";
        auto const links = [](fhir_tree all) {  // the format stands in them
            std::erase_if(all, [](auto const& leaf) { return leaf.first == "Bundle.link.url"; });
            return all;
        };
        CHECK(links(tree_of_json(f.get(pretty + "json").body)) == links(tree));
        CHECK(links(tree_of_xml(f.get(pretty + "xml").body)) == links(tree));
    }
}

TEST_CASE("resources have what R4 wants of them")
{
    face f;
    hold_odd_ones(f.add_source("a"));
    for (auto const* query : {"", "&_summary=false", "&_summary=true", "&_summary=text", "&_elements=started"}) {
        auto const bundle = body_of(f.get(std::string("ImagingStudy?patient=P1&_include=*") +
                                          (std::string_view(query) == "&_summary=text" ? "&_total=none" : "") + query));
        if (bundle["resourceType"] == "OperationOutcome")
            continue;  // text and _include do not go together
        std::set<std::string> urls;
        for (auto const& entry : bundle["entry"]) {
            auto const& resource = entry["resource"];
            CHECK(entry["search"].contains("mode"));
            if (entry["search"]["mode"] == "outcome")
                continue;
            CHECK(urls.insert(entry["fullUrl"]).second);
            CHECK(entry["fullUrl"].get<std::string>().ends_with("/" + resource["resourceType"].get<std::string>() +
                                                                "/" + resource["id"].get<std::string>()));
            if (resource["resourceType"] == "Endpoint") {
                for (auto const* element : {"status", "connectionType", "payloadType", "address"})
                    CHECK(resource.contains(element));
                continue;
            }
            CHECK(resource["resourceType"] == "ImagingStudy");
            CHECK(resource.contains("status"));
            auto const& subject = resource["subject"];
            CHECK((subject.contains("reference") || subject.contains("identifier") || subject.contains("display")));
            if (!resource.contains("series"))
                continue;
            CHECK(resource["identifier"][0]["value"] == "urn:oid:" + resource["id"].get<std::string>());
            for (auto const& series : resource["series"]) {
                CHECK(series.contains("uid"));
                CHECK(series["modality"].contains("code"));
                if (series.contains("instance"))
                    for (auto const& instance : series["instance"]) {
                        CHECK(instance.contains("uid"));
                        CHECK(instance.contains("sopClass"));
                    }
            }
        }
    }
}
