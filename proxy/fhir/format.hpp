#pragma once

#include "mapping/fhir/writer.hpp"
#include "mapping/result.hpp"
#include "proxy/http/exchange.hpp"

#include <string>

namespace pons::proxy::fhir {

/// How an answer is to be written.
struct answer_format {
    mapping::fhir::format as = mapping::fhir::format::json;
    bool pretty = false;
    std::string content_type = "application/fhir+json; charset=utf-8";
};

/// By `_format` (query or form body) or else Accept (FHIR R4 §3.1.0.1.11). A generic type is answered with itself
/// ("application/json"), nothing said with JSON. fhirVersion, where it is given, has to be R4's. Errors:
/// mapping::errc::not_acceptable.
result<answer_format> negotiate(http::request const& req);

/// Whether the body is a form, which is what a search may bring along (FHIR R4 §3.1.1.3).
bool has_form(http::request const& req);

/// The same for an error that has to be told anyway: JSON where nothing fits.
answer_format negotiate_or_json(http::request const& req);

}  // namespace pons::proxy::fhir
