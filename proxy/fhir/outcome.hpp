#pragma once

#include "mapping/fhir/bundle.hpp"
#include "mapping/fhir/common.hpp"
#include "mapping/result.hpp"
#include "proxy/fhir/format.hpp"
#include "proxy/http/exchange.hpp"

#include <span>
#include <string_view>

namespace pons::proxy::fhir {

/// What is told of a failure: our own words and its place.
mapping::fhir::outcome_issue to_issue(failure const& f);

/// A failure as the FHIR face shows it: status and OperationOutcome by `fault_of`, the resource's id the request's, and
/// Retry-After with a 503 (FHIR R4 §3.1.0.1.9).
http::response to_response(failure const& f, answer_format const& as, std::string_view request_id);

/// Any OperationOutcome.
http::response outcome_response(http::status status, std::span<mapping::fhir::outcome_issue const> issues,
                                answer_format const& as, std::string_view request_id);

/// The remarks on a search as the Bundle's entry of mode outcome, each said once; no entry without remarks.
void write_remarks(mapping::fhir::searchset_writer& bundle, mapping::fhir::writer& w, std::span<issue const> remarks);

/// What the HTTP layer has to tell itself (404, 405, 413, …) below the FHIR base.
http::response error_page(http::status status, http::request const& req, std::string_view request_id,
                          std::string_view text);

}  // namespace pons::proxy::fhir
