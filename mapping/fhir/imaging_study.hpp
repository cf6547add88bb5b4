#pragma once

#include "mapping/fhir/writer.hpp"
#include "mapping/record.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pons::mapping::fhir {

/// Which elements of an ImagingStudy are shown, decided once for a request (FHIR R4 §3.1.1.5.8, §3.1.1.5.9).
struct shape {
    std::uint64_t rows = ~std::uint64_t{0};  ///< bit n: row n of tables::imaging_study()
    level depth = level::series;             ///< how deep `series` goes; study: no series at all
    bool subsetted = false;                  ///< something is or may be left out that a read would show

    bool shows(std::size_t row) const { return (rows >> row & 1U) != 0; }
};

enum class view : std::uint8_t { all, summary, text, data };

/// The shape for `_summary` and `_elements` (base element names; empty: all) at a given depth. A shape without series
/// elements has depth study.
shape make_shape(view v, std::span<std::string const> elements, level depth);

/// Whether `element` is one that ImagingStudy has (a base name, "series", "id", "meta").
bool is_element(std::string_view element);

/// Writes a study as the resource at `element` (empty: the document). Series and instances without a usable UID are
/// left out, they cannot be named in FHIR (see `unpresentable`).
void write_imaging_study(writer& w, std::string_view element, study_record const& study, shape const& as);

/// How many series and instances `write_imaging_study` leaves out.
std::size_t unpresentable(study_record const& study);

}  // namespace pons::mapping::fhir
