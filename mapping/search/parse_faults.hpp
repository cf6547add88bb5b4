#pragma once

#include "mapping/search/criteria.hpp"

#include <string>
#include <string_view>

/// What is told of parameters that cannot be understood: by their names, never by their values.
namespace pons::mapping::search {

/// errc::invalid_value, "_count, which is written as a number".
tl::unexpected<failure> invalid_value(std::string_view name, std::string_view form);

/// errc::unsupported_modifier, "status:exact, which takes :missing, :not".
tl::unexpected<failure> unsupported_modifier(std::string_view name, modifier_set allowed);

/// errc::unsupported_chain, "patient.phone; patient takes .identifier, .name of Patient".
tl::unexpected<failure> unsupported_chain(std::string_view name, parameter_row const& row);

/// What is not known is ignored, and `what` is told among the issues; with strict handling it is
/// errc::unknown_parameter.
result<void> ignore(parameter const& p, std::string what, parse_options const& options, request& into);

}  // namespace pons::mapping::search
