#pragma once

#include "config/settings.hpp"
#include "mapping/find_request.hpp"
#include "mapping/result.hpp"

namespace pons::upstream {

/// Whether a query narrows as the administrator of the source wants it (`limits.require_any_of`, `limits.min_chars`):
/// it has one of the keys, with at least so many characters that are no wild cards. A query below a UID always does.
///
/// Errors: mapping::errc::too_costly; the place names the source, and the keys that help.
result<void> has_least_keys(config::source const& source, mapping::find_request const& request);

}  // namespace pons::upstream
