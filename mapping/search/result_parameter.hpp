#pragma once

#include "mapping/search/criteria.hpp"

namespace pons::mapping::search {

/// Reads `p` into `into` when it is a parameter of the result (FHIR R4 §3.1.1.5: _count, _sort, _summary, _total,
/// _elements, _include), of its form (_format, _pretty), or a page token; what was read stands in `into.used`. False:
/// it is none of these.
///
/// Errors: errc::invalid_value, unsupported_sort; unknown_parameter for an _include that is not offered, with strict
/// handling.
result<bool> read_result_parameter(parameter const& p, parse_options const& options, request& into);

}  // namespace pons::mapping::search
