#pragma once

#include "mapping/dictionary.hpp"

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

/// The search parameters of ImagingStudy, one row each: what `parse`, `judge`, `plan`, the CapabilityStatement,
/// `docs/mapping.md` and the tests are made from (FHIR R4 §3.1.1, ImagingStudy §8.15.7).
namespace pons::mapping::search {

enum class parameter_type : std::uint8_t { token, reference, date, string };

enum class modifier : std::uint8_t { none, missing, not_, identifier, of_type, exact, contains, type };

/// The name behind ":", "not" for modifier::not_; "[type]" for a resource type.
std::string_view name_of(modifier m);
std::string_view name_of(parameter_type t);

/// A small set of modifiers.
struct modifier_set {
    std::uint16_t bits = 0;
    constexpr modifier_set() = default;
    constexpr modifier_set(std::initializer_list<modifier> all)
    {
        for (auto const m : all)
            bits = static_cast<std::uint16_t>(bits | 1U << static_cast<unsigned>(m));
    }
    constexpr bool has(modifier m) const { return (bits >> static_cast<unsigned>(m) & 1U) != 0; }
};

/// What a criterion can tell the archive so that it narrows the candidates (DESIGN section 4; PS3.4 C.2.2.2).
enum class push : std::uint8_t {
    nothing,
    study_uid,     ///< Study Instance UID (0020,000D), a list: exact
    identifier,    ///< by its system: Study Instance UID, Accession Number (0008,0050) or Study ID (0020,0010)
    patient_id,    ///< Patient ID (0010,0020)
    patient_name,  ///< Patient's Name (0010,0010), where the archive is known to match without case
    study_date,    ///< Study Date (0008,0020) as a range of days
    accession,     ///< Accession Number (0008,0050)
    modality,      ///< Modalities in Study (0008,0061), where the archive is known to match it
    series_uid,    ///< Series Instance UID (0020,000E) at SERIES level, where the archive is relational
    instance_uid,  ///< SOP Instance UID (0008,0018) at IMAGE level, where the archive is relational
};

/// A parameter of the resource that a reference points to: "identifier" in patient.identifier. Such a criterion holds
/// when it holds of one target at least; `:not` and `:missing` are of a target, so a study that refers to none never
/// matches.
struct chain_row {
    std::string_view name;
    parameter_type type;
    search::push push;
    modifier_set modifiers;
};

struct parameter_row {
    std::string_view name;  ///< as R4 names it
    parameter_type type;
    std::array<std::string_view, 2> elements;  ///< what it is judged on, rows of `tables::imaging_study`
    level at;                                  ///< how deep the record must be known to judge it
    search::push push;
    modifier_set modifiers;
    std::span<std::string_view const> targets;  ///< resource types a reference may point to
    std::span<chain_row const> chains;
    std::string_view definition;  ///< canonical URL of the SearchParameter
    std::string_view qido;        ///< for people: what is asked of a DICOMweb archive
    std::string_view c_find;      ///< for people: what is asked of a DIMSE archive
};

std::span<parameter_row const> imaging_study_parameters();

/// By name; null for a name that ImagingStudy does not have.
parameter_row const* find_parameter(std::string_view name);

/// The parameters of Endpoint that are answered: from the configuration, no archive is asked.
struct endpoint_parameter_row {
    std::string_view name;
    parameter_type type;
    std::string_view definition;
};
std::span<endpoint_parameter_row const> endpoint_parameters();

}  // namespace pons::mapping::search
