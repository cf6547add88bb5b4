#pragma once

#include "mapping/fhir/writer.hpp"
#include "mapping/result.hpp"

#include <span>
#include <string>
#include <string_view>

/// Pieces that several resources share.
namespace pons::mapping::fhir {

/// meta.tag SUBSETTED (FHIR R4 §3.1.1.5.8): the resource is not all there is.
void write_subsetted(writer& w);

/// One issue of an OperationOutcome (FHIR R4 OperationOutcome.issue).
struct outcome_issue {
    std::string_view severity;  ///< fatal, error, warning, information
    std::string_view code;      ///< FHIR R4 issue-type
    std::string diagnostics;    ///< no patient data
    std::string expression;     ///< what it is about, "patient.name"; empty: nothing in particular
};

outcome_issue to_outcome_issue(issue const& remark);

/// Writes an OperationOutcome as the resource at `element`; `id` (the request's) may be empty.
void write_outcome(writer& w, std::string_view element, std::string_view id, std::span<outcome_issue const> issues);

}  // namespace pons::mapping::fhir
