#pragma once

#include "config/settings.hpp"
#include "mapping/result.hpp"
#include "upstream/dicomweb/response_reader.hpp"

#include <optional>
#include <string>

namespace pons::upstream::dicomweb {

/// The place of a failure that is an answer.
std::string place_of_status(std::string const& source_name, unsigned status);

/// What an HTTP status of a search means (PS3.18 §8.3.4.4, RFC 9110 §15); nothing for 200, 204 and 206.
std::optional<failure> failure_of_status(std::string const& source_name, http_head const& answer);

/// Whether the server understood and will not: asking otherwise may help, asking again will not.
bool is_refusal(unsigned status);

/// The smallest search: for one study, of which only the UID is asked for.
std::string probe_target(config::source const& source);

}  // namespace pons::upstream::dicomweb
