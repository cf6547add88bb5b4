#pragma once

#include "config/settings.hpp"
#include "mapping/result.hpp"
#include "upstream/asio.hpp"
#include "upstream/dicomweb/http_client.hpp"

/// Whether a FHIR server is where it should be (FHIR R4 §3.1.0.11, capabilities).
namespace pons::upstream {

struct shown_statement {
    dicomweb::http_head head;  ///< its status is for the caller to judge
    bool found = false;        ///< with status 200 and JSON: what came is a CapabilityStatement
};

/// GET [base]/metadata, of which no more is read than needs be. `at` are the settings of `client`.
///
/// Errors: those of http_client, `where` beginning with the source's name. Cancelling: terminal; to be run inside
/// `cancelled_as_value`.
awaitable<result<shown_statement>> ask_statement(dicomweb::http_client& client, config::source const& at,
                                                 time_point deadline);

}  // namespace pons::upstream
