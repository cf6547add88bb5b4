#pragma once

#include "mapping/dictionary.hpp"
#include "mapping/fhir/value.hpp"
#include "mapping/record.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// ImagingStudy R4, one row per element, in the order of the specification: reading, writing, judging, the attributes
/// asked for, `docs/mapping.md` and the tests are made from these rows (FHIR R4 ImagingStudy §8.15.3).
namespace pons::mapping::tables {

/// Where an element's values come from.
struct element_context {
    study_record const& study;
    series_record const* series = nullptr;  ///< set below `series`
    data_set const* instance = nullptr;     ///< set below `series.instance`
    std::string& buffer;                    ///< for text that is made on the way; overwritten by the next value
};

enum class presence : std::uint8_t {
    optional,
    kept,  ///< mandatory or a modifier: `_elements` and `_summary=text` keep it (FHIR R4 §3.1.1.5.8, §3.1.1.5.9)
};

struct element_row {
    std::string_view element;  ///< below ImagingStudy: "started", "series.uid", "series.instance.number"
    std::string_view type;
    std::string_view cardinality;
    level at;
    std::array<tag, 4> from;  ///< attributes at that level that it is read from; unused ones are zero
    void (*read)(element_context const&, fhir::value_sink&);
    presence when = presence::optional;
    bool in_summary = true;  ///< Σ
    std::string_view loss;   ///< what is not carried over
    std::string_view spec;

    constexpr std::string_view name() const
    {
        auto const dot = element.rfind('.');
        return dot == std::string_view::npos ? element : element.substr(dot + 1);
    }
    constexpr bool repeats() const { return cardinality.ends_with('*'); }
};

std::span<element_row const> imaging_study();

/// The rows of one level.
std::span<element_row const> imaging_study(level at);

/// Patient attributes that searches by patient are judged on: "identifier", "name", "birthDate", "gender".
std::span<element_row const> patient();

/// All values of an element over the whole record, one call each: "series.modality" visits every series.
/// "id" is the resource's id. What is not known of the record (series not asked for) is not visited.
void visit(study_record const& study, std::string_view element, std::string& buffer, fhir::value_sink& sink);
void visit_patient(study_record const& study, std::string_view element, std::string& buffer, fhir::value_sink& sink);

/// The attributes to ask for at a level so that every element can be read and every criterion judged, ascending; with
/// the attributes that tell rows apart, dates and character set included.
std::span<tag const> return_keys(level at);

/// The id that a search value without a system stands for: Patient ID (0010,0020) when the source's own issuer gave it,
/// or nobody says who; else empty (DESIGN section 6).
std::string_view bare_patient_id(study_record const& study);

/// Whether the study's Patient ID (0010,0020) is `value`, given by the source's own issuer, and that issuer is `system`
/// (DESIGN section 6).
bool is_patient(study_record const& study, std::string_view system, std::string_view value);

/// Whether the series can be shown: FHIR needs its UID as an id (fhir.md 1.4.6).
bool presentable(series_record const& series);
bool presentable_instance(data_set const& instance);

/// Modalities in Study (0008,0061) when the archive gave it, else what the series say: every distinct value, in order.
/// Empty when neither is known.
void modalities(study_record const& study, fhir::value_sink& sink, bool acquisition_only);
bool modalities_known(study_record const& study);

/// Whether it is certain if there is anything to see: some archives say none of studies that they do not count.
bool status_known(study_record const& study);

}  // namespace pons::mapping::tables
