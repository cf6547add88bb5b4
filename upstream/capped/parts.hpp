#pragma once

#include "mapping/find_request.hpp"
#include "upstream/capped/slices.hpp"

#include <optional>
#include <string>

/// A question, and parts of it.
namespace pons::upstream {

/// The unique key of a level (PS3.4 §C.6.2.1).
mapping::tag own_uid(mapping::level at);

/// The key of `t`; null: there is none.
mapping::key const* key_of(mapping::find_request const& request, mapping::tag t);

/// The study dates that it asks for; nothing where they are not a range.
std::optional<mapping::codecs::da_range> dates_of(mapping::find_request const& request);

/// The key that is a list of UIDs; null: there is none.
mapping::key const* uid_list_of(mapping::find_request const& request);

/// The same question, where `t` must have one of `values`.
mapping::find_request with(mapping::find_request request, mapping::tag t, std::vector<std::string> values);
mapping::find_request with(mapping::find_request request, mapping::codecs::da_range const& dates);
mapping::find_request with(mapping::find_request request, day_slice const& slice);
/// For those without a value of `t` (PS3.4 §C.2.2.2.7).
mapping::find_request without(mapping::find_request request, mapping::tag t);

}  // namespace pons::upstream
