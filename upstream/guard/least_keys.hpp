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

/// The query without its texts of fewer than `limits.min_chars` characters: archives that want so many find nothing by
/// fewer (pacs-quirks F16), and without them they find more, which is judged again. As it is where the limit is 0.
mapping::find_request without_short_keys(config::source const& source, mapping::find_request request);

}  // namespace pons::upstream
