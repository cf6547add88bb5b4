#pragma once

#include "mapping/record.hpp"

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

/// The pairs under tests/golden: a study as the archive has it, and as FHIR says it. Header-only: it needs
/// nlohmann-json.
namespace pons::test {

inline std::string golden_file(std::string_view name)
{
    std::ifstream in(std::string(PONS_SOURCE_DIR "/tests/golden/").append(name), std::ios::binary);
    if (!in)
        throw std::runtime_error("no golden file " + std::string(name));
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

/// The DICOM JSON Model (PS3.18 Annex F), well-formed.
inline mapping::data_set to_data_set(nlohmann::ordered_json const& json)
{
    mapping::data_set out;
    for (auto const& [hex, element] : json.items()) {
        auto const t = mapping::tag_from_hex(hex);
        std::string const as = element.at("vr");
        if (!t)
            throw std::runtime_error("no tag: " + hex);
        auto const values = element.value("Value", nlohmann::ordered_json::array());
        if (as == "SQ") {
            auto* const items = out.add_sequence(*t);
            for (auto const& item : values)
                items->push_back(to_data_set(item));
            continue;
        }
        out.begin(*t, mapping::vr_of(as[0], as[1]));
        for (auto const& value : values) {
            if (value.is_object()) {
                std::string name = value.value("Alphabetic", "");
                if (value.contains("Ideographic") || value.contains("Phonetic"))
                    name.append("=").append(value.value("Ideographic", ""));
                if (value.contains("Phonetic"))
                    name.append("=").append(value.value("Phonetic", ""));
                out.value(name);
            } else {
                out.value(value.is_string() ? value.get<std::string>()
                          : value.is_null() ? std::string()
                                            : value.dump());
            }
        }
    }
    return out;
}

/// A record with the source that it points to.
struct golden_study {
    std::unique_ptr<mapping::source_facts> facts = std::make_unique<mapping::source_facts>();
    mapping::study_record record;
};

inline golden_study read_golden_study(std::string_view name)
{
    auto const json = nlohmann::ordered_json::parse(golden_file(std::string(name) + ".dicom.json"));
    golden_study out;
    auto& facts = *out.facts;
    auto const source = json.value("source", nlohmann::ordered_json::object());
    facts.name = source.value("name", "main");
    facts.patient_system = source.value("patient_system", "");
    facts.patient_namespace = source.value("patient_namespace", "");
    facts.accession_system = source.value("accession_system", "");
    for (auto const& id : source.value("endpoints", nlohmann::ordered_json::array()))
        facts.endpoints.push_back({.id = id, .connection_type = "dicom-wado-rs", .name = {}, .address = {}});
    out.record.source = &facts;
    out.record.attributes = to_data_set(json.at("study"));
    out.record.series_known = true;
    for (auto const& series : json.value("series", nlohmann::ordered_json::array())) {
        auto& one = out.record.series.emplace_back();
        one.attributes = to_data_set(series.at("attributes"));
        one.instances_known = true;
        for (auto const& instance : series.value("instances", nlohmann::ordered_json::array()))
            one.instances.push_back(to_data_set(instance));
    }
    return out;
}

}  // namespace pons::test
