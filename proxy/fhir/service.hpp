#pragma once

#include "config/settings.hpp"
#include "mapping/fhir/imaging_study.hpp"
#include "mapping/search/criteria.hpp"
#include "proxy/fhir/format.hpp"
#include "proxy/fhir/page_token.hpp"
#include "proxy/http/exchange.hpp"
#include "upstream/search/study_search.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pons::proxy::fhir {

/// What the FHIR face of one worker works with. Lives as long as the worker's handlers.
struct service {
    config::settings const& settings;
    page_sealer const& sealer;
    std::vector<upstream::searched_source> sources;
    std::string started;  ///< FHIR dateTime at which this process began, for the CapabilityStatement

    /// The base of a request, absolute and without trailing slash: "/fhir" or "/fhir/r4" below the public URL.
    std::string base_of(http::request const& req) const;
};

/// Now, in microseconds since 1970, UTC.
std::int64_t now_in_microseconds();

/// How the studies of an answer are shown (DESIGN section 4): `_summary`, `_elements`, then fhir.search_depth.
mapping::fhir::shape shape_of(mapping::search::request const& asked, config::search_depth configured);

}  // namespace pons::proxy::fhir
