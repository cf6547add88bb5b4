#pragma once

#include "config/settings.hpp"
#include "mapping/result.hpp"
#include "proxy/fhir/explain/outline.hpp"
#include "proxy/fhir/explain/shown.hpp"
#include "proxy/fhir/understand.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What a search becomes (DESIGN law 7), worked out without asking an archive; a crosswalk is asked. Of the command
/// `pons explain` and of the operation `$explain`.
namespace pons::proxy::fhir {

struct source_explanation {
    std::string source;
    std::string kind;                  ///< "dimse", "dicomweb"
    std::string reach;                 ///< "keyed", "dated", "unbounded", "impossible", "not asked"
    std::string closed;                ///< why it would not be asked now; empty: it would be
    std::vector<std::string> queries;  ///< QIDO-RS targets, or C-FIND identifiers, the first of each kind
    std::vector<std::string> notes;    ///< how it goes on from there
    std::vector<std::string> forms;    ///< in which forms values are sent, and what is tried when nothing is found
    std::vector<std::string> splits;   ///< what is done about answers that are cut
    std::vector<std::string> deeper;   ///< what series and instances are asked for
};

struct explanation {
    std::string refusal;                ///< why the search would be refused; empty: it would be made
    std::vector<std::string> patients;  ///< what the crosswalk makes of references to patients
    std::vector<source_explanation> sources;
    std::vector<std::string> judged;   ///< criteria that are held against each record, with the level they need
    std::vector<std::string> results;  ///< what is made of the studies that match
    std::vector<std::string> ignored;  ///< parameters that are left aside
};

/// Explains a search as the service would make it now. Errors: those of understand. Waits for the crosswalk, if there
/// is one. Cancelling: terminal.
awaitable<result<explanation>> explain(service& s, std::span<mapping::search::parameter const> parameters, bool strict,
                                       shown how, time_point deadline);

/// Explains "ImagingStudy?patient=…" or "Patient/…/ImagingStudy?…" (with or without a base in front). It holds the
/// values of the request and the patient's ids, so it is for the one who asked only. Waits for the crosswalk, if there
/// is one, for at most `http.request_timeout`. Errors: those of mapping::search::parse;
/// mapping::errc::invalid_value when it is not a search of ImagingStudy.
result<explanation> explain(config::settings const& settings, std::string_view request);

/// The parameters of such a request. Errors: mapping::errc::invalid_value.
result<std::vector<mapping::search::parameter>> read_request(std::string_view request);

std::string to_text(explanation const& e);
std::string to_json(explanation const& e);
outline to_outline(explanation const& e);

}  // namespace pons::proxy::fhir
