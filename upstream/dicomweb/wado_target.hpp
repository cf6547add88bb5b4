#pragma once

#include "config/settings.hpp"
#include "upstream/archive.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pons::upstream::dicomweb {

/// The path of what a retrieve asks for (PS3.18 §10.4.1), with `suffix` ("/metadata") behind it. Nothing when a UID is
/// none, which nobody can hold, or when one above it is missing.
std::optional<std::string> wado_target(config::source const& source, retrieve_request const& request,
                                       std::string_view suffix = {});

/// The target of a BulkDataURI that the source gave: an absolute URI of the source's own origin, or a path, either
/// below the path of its `url`. Nothing for every other, relative ones among them: what they are relative to differs.
std::optional<std::string> bulk_target(config::source const& source, std::string_view uri);

/// The ways to ask for instances as they are stored, the standard's first (PS3.18 §8.7.3.5.2): servers differ in which
/// quotes and parameters they take. Nothing after the last.
std::optional<std::string_view> retrieve_accept(std::size_t way);
/// Whether that way leaves the transfer syntax to the server.
bool leaves_transfer_syntax(std::size_t way);

}  // namespace pons::upstream::dicomweb
