#pragma once

#include <string>
#include <string_view>

/// Addresses in the file. What is wrong with one is worded as `form::fault` says; empty: it fits.
namespace pons::config {

/// Absolute, http or https, without query, fragment and trailing slash.
std::string base_url_fault(std::string_view text);

/// Scheme, host and port of a site (RFC 6454 §6.1), or "*".
std::string web_origin_fault(std::string_view text);

/// Where a viewer opens: absolute, with {study_uids} or {study_uid} in it and no placeholder that is not known; also
/// weasis://, behind which a command stands.
std::string viewer_url_fault(std::string_view text);

}  // namespace pons::config
