#pragma once

#include "mapping/result.hpp"
#include "proxy/http/exchange.hpp"

#include <cstdint>
#include <span>
#include <string_view>

/// The one place that knows what a failure looks like on every face.
namespace pons::proxy {

struct fault_row {
    std::error_code code;
    http::status status;          ///< FHIR and DICOMweb faces
    std::string_view issue_type;  ///< FHIR R4 issue-type
    std::uint16_t dimse;          ///< PS3.4 C.4.1, PS3.7 C.4
};

/// The row of a code; what is not in the table is an internal error (500, exception, 0110).
fault_row const& fault_of(std::error_code code);

/// The same for what happened. With a `retry_after` these are worth repeating: an association that was rejected for now
/// and a retrieve that was refused for now (503, transient), a query that did not end in time and goes on (503,
/// timeout).
fault_row const& fault_of(failure const& f);

/// All rows: each errc of mapping and upstream has one, those of the readers of DICOM and DICOM JSON included.
std::span<fault_row const> faults();

}  // namespace pons::proxy
