#pragma once

#include "config/settings.hpp"
#include "mapping/fhir/imaging_study.hpp"
#include "mapping/search/criteria.hpp"
#include "proxy/fhir/format.hpp"
#include "proxy/fhir/page_token.hpp"
#include "proxy/http/exchange.hpp"
#include "upstream/crosswalk/crosswalk.hpp"
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
    /// What Patient references mean (config: crosswalk); null: their ids are Patient IDs.
    std::shared_ptr<upstream::crosswalk> crosswalk = {};

    /// The base of a request, absolute and without trailing slash: "/fhir" or "/fhir/r4" below the public URL.
    std::string base_of(http::request const& req) const;
    /// What references to our own resources begin with: "/fhir" below the public URL.
    std::string reference_base() const { return settings.http.public_url + "/fhir"; }
};

/// The parameters of query and form body together (FHIR R4 §3.1.1.3). Errors: mapping::errc::unsupported_media.
result<std::vector<mapping::search::parameter>> read_parameters(http::request const& req);

/// The value under which a path segment is the id of a reference: "Patient/" and the id, escaped.
std::string patient_reference(std::string_view id);

/// `path?search&writing`; either part of the query may be empty.
std::string to_link(std::string_view path, std::string_view search, std::string_view writing);

/// Now, in microseconds since 1970, UTC.
std::int64_t now_in_microseconds();

/// What `_summary` leaves.
mapping::fhir::view view_of(mapping::search::request const& asked);

/// How the studies of an answer are shown (DESIGN section 4): `_summary`, `_elements`, then fhir.search_depth.
mapping::fhir::shape shape_of(mapping::search::request const& asked, config::search_depth configured);

}  // namespace pons::proxy::fhir
