#include "mapping/codecs/code.hpp"

#include "mapping/codecs/identifier.hpp"

#include <algorithm>

namespace pons::mapping::codecs {

namespace {

// clang-format off
constexpr coding_scheme schemes[] = {  // PS3.16 Table 8-1; HL7 Terminology
    {"DCM",    system_dcm,                      "1.2.840.10008.2.16.4"},
    {"SCT",    system_sct,                      "2.16.840.1.113883.6.96"},
    {"LN",     "http://loinc.org",              "2.16.840.1.113883.6.1"},
    {"UCUM",   "http://unitsofmeasure.org",     "2.16.840.1.113883.6.8"},
    {"RADLEX", "http://radlex.org",             "2.16.840.1.113883.6.256"},
    {"I10",    "http://hl7.org/fhir/sid/icd-10", "2.16.840.1.113883.6.3"},
    {"C4",     "http://www.ama-assn.org/go/cpt", "2.16.840.1.113883.6.12"},
    {"MDC",    "urn:iso:std:iso:11073:10101",   "2.16.840.1.113883.6.24"},
};
// clang-format on

// They share SNOMED CT's UID in some archives, but not its codes.
constexpr std::string_view older_snomed[] = {"SRT", "SNM3", "99SDM"};

constexpr std::size_t max_code_value = 16;

bool is_number(std::string_view code)
{
    return !code.empty() && std::ranges::all_of(code, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_urn(std::string_view code)
{
    return code.starts_with("urn:") || code.find("://") != code.npos;
}

}  // namespace

std::span<coding_scheme const> coding_schemes()
{
    return schemes;
}

system_uri to_system(std::string_view designator, std::string_view scheme_uid, std::string_view code)
{
    if (std::ranges::find(older_snomed, designator) != std::end(older_snomed))
        return {};
    auto row = std::ranges::find(schemes, designator, &coding_scheme::designator);
    if (row == std::end(schemes) && is_uid(scheme_uid)) {
        row = std::ranges::find(schemes, scheme_uid, &coding_scheme::uid);
        if (row == std::end(schemes))
            return urn_of_uid(scheme_uid);
    }
    if (row == std::end(schemes) || (row->system == system_sct && !is_number(code)))
        return {};
    return {row->system, {}};
}

std::string_view to_designator(std::string_view system)
{
    auto row = std::ranges::find(schemes, system, &coding_scheme::system);
    return row != std::end(schemes) ? row->designator : std::string_view{};
}

coding to_coding(data_set const& item)
{
    coding c;
    c.display = item.text(tags::CodeMeaning);
    auto designator = item.text(tags::CodingSchemeDesignator);
    c.code = item.text(tags::CodeValue);
    if (c.code.empty())
        c.code = item.text(tags::LongCodeValue);
    if (!c.code.empty()) {
        c.system = to_system(designator, item.text(tags::CodingSchemeUID), c.code);
        return c;
    }
    c.code = item.text(tags::URNCodeValue);
    if (!c.code.empty()) {
        c.system = to_system(designator, item.text(tags::CodingSchemeUID), c.code);
        // A URN says itself where it is from (PS3.3 §8.1).
        if (c.system.empty() && is_urn(c.code))
            c.system = {system_uri_rfc3986, {}};
    }
    return c;
}

data_set to_item(coding const& c)
{
    data_set item;
    if (!c.code.empty()) {
        bool urn = is_urn(c.code);
        item.add(urn                              ? tags::URNCodeValue
                 : c.code.size() > max_code_value ? tags::LongCodeValue
                                                  : tags::CodeValue,
                 c.code);
        auto system = c.system.str();
        if (auto designator = to_designator(system); !designator.empty())
            item.add(tags::CodingSchemeDesignator, designator);
        else if (auto uid = uid_of_urn(system))
            item.add(tags::CodingSchemeUID, *uid);
    }
    if (!c.display.empty())
        item.add(tags::CodeMeaning, c.display);
    return item;
}

}  // namespace pons::mapping::codecs
