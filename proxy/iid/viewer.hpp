#pragma once

#include "config/settings.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Viewers are opened by an address made from a template of the configuration. Pure.
namespace pons::proxy::iid {

/// What `{…}` in a template stands for.
struct viewed {
    std::vector<std::string> study_uids;
    std::string accession_number;  ///< of the first study
    std::string patient_id;        ///< of the first study
    std::string dicomweb;          ///< base of the DICOMweb face, absolute
    bool diagnostic_quality = false;
    bool key_images_only = false;
};

/// The viewer for a request: the one that `viewer_type` names (any case), else the first; null without any.
config::viewer const* choose_viewer(std::vector<config::viewer> const& viewers, std::string_view viewer_type);

/// The address that opens it: {study_uids} (with commas), {study_uid} (the first), {accession_number}, {patient_id},
/// {dicomweb}, {diagnostic_quality} and {key_images_only} ("true" or "false"). Each value is percent-encoded once, so
/// that it can neither leave its place in the address nor change the host.
std::string to_address(config::viewer const& viewer, viewed const& what);

}  // namespace pons::proxy::iid
