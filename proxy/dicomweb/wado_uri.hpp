#pragma once

#include "mapping/result.hpp"
#include "proxy/dicomweb/service.hpp"
#include "proxy/http/exchange.hpp"
#include "render/job.hpp"
#include "upstream/archive.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

/// WADO-URI (PS3.18 §9): one object of any source, by parameters.
namespace pons::proxy::dicomweb {

/// A request as it was understood.
struct uri_request {
    upstream::retrieve_request what;
    bool as_instance = false;                     ///< application/dicom
    std::string transfer_syntax;                  ///< of an instance; empty: as stored
    bool or_instance = false;                     ///< no contentType: the instance, where it has no pixel data
    pons::render::job job;                        ///< else an image
    std::optional<std::array<double, 4>> region;  ///< left, top, right, bottom, each from 0 to 1; the job lacks it
    std::vector<std::string> remarks;             ///< what a Warning has to say
};

/// requestType, studyUID, seriesUID, objectUID; contentType: the first of its list that can be given of
/// application/dicom, image/jpeg, image/png and image/gif (every frame, unless one is named); image/jpeg without it.
/// transferSyntax; frameNumber, rows, columns, region, windowCenter with windowWidth, imageQuality. `annotation` and
/// `charset` change nothing. Pure.
///
/// Errors: mapping::errc::invalid_value (`where` names the parameter), not_acceptable for other content types and
/// for presentation states, which are not applied.
result<uri_request> read_uri_request(http::request const& req);

/// GET /wado?requestType=WADO&studyUID=…&seriesUID=…&objectUID=…. What fails before the first byte is an answer of its
/// own, what fails later breaks the body off.
awaitable<http::response> retrieve_by_uri(service& s, http::exchange const& x);

}  // namespace pons::proxy::dicomweb
