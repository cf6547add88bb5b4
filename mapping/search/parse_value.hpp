#pragma once

#include "mapping/search/criteria.hpp"

#include <optional>
#include <string_view>

/// The values of search parameters, one between two commas at a time.
namespace pons::mapping::search {

/// Reads one value of `c` by its type and modifier (all but :missing); `reference_type` is what the parameter's name
/// says of a reference ("Patient" in subject:Patient), or empty. Nothing when it cannot be understood.
std::optional<criterion_value> parse_value(criterion const& c, std::string_view value, std::string_view reference_type,
                                           parse_options const& options);

/// How the values of a parameter are written, for a message.
std::string_view form_of(criterion const& c);

}  // namespace pons::mapping::search
