#pragma once

#include "config/settings.hpp"
#include "mapping/result.hpp"

#include <string>
#include <string_view>
#include <vector>

/// What a search becomes (DESIGN law 7), worked out without asking an archive; a crosswalk is asked.
namespace pons::proxy::fhir {

struct source_explanation {
    std::string source;
    std::string kind;                  ///< "dimse", "dicomweb"
    std::string reach;                 ///< "keyed", "dated", "unbounded", "impossible", "not asked"
    std::vector<std::string> queries;  ///< QIDO-RS targets, or C-FIND identifiers, the first of each kind
    std::vector<std::string> notes;    ///< how it goes on from there
};

struct explanation {
    std::string refusal;                ///< why the search would be refused; empty: it would be made
    std::vector<std::string> patients;  ///< what the crosswalk makes of references to patients
    std::vector<source_explanation> sources;
    std::vector<std::string> judged;   ///< criteria that are held against each record, with the level they need
    std::vector<std::string> ignored;  ///< parameters that are left aside
};

/// Explains "ImagingStudy?patient=…" or "Patient/…/ImagingStudy?…" (with or without a base in front). It holds the
/// values of the request and the patient's ids, so it is for the one who asked only. Waits for the crosswalk, if there
/// is one, for at most `http.request_timeout`. Errors: those of mapping::search::parse;
/// mapping::errc::invalid_value when it is not a search of ImagingStudy.
result<explanation> explain(config::settings const& settings, std::string_view request);

std::string to_text(explanation const& e);
std::string to_json(explanation const& e);

}  // namespace pons::proxy::fhir
