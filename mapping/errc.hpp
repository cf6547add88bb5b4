#pragma once

#include <system_error>

namespace pons::mapping {

/// Why a FHIR request cannot be answered as it stands.
enum class errc {
    unknown_parameter = 1,  ///< strict handling only
    unsupported_modifier,
    unsupported_chain,
    unsupported_parameter,  ///< known to FHIR, and ignoring it would widen the answer
    invalid_value,
    unsupported_sort,
    too_costly,         ///< no key that narrows, or more candidates or fan-out than allowed
    expired_page,       ///< a page token that cannot be opened: another key, or not ours
    ambiguous_patient,  ///< a bare patient id that several issuers use
    not_found,          ///< no such resource
    not_acceptable,     ///< no format that the client accepts
    unsupported_media,  ///< a body of a type that is not read
    too_long,           ///< more parameters, alternatives or text than one search may have
    unreadable_row,     ///< a row of an archive without a usable Study Instance UID
    incomplete,         ///< a source did not answer, and without it the answer could mislead
    differing_patients  ///< sources tell of different patients under one Study Instance UID
};

std::error_category const& error_category();

inline std::error_code make_error_code(errc code)
{
    return {static_cast<int>(code), error_category()};
}

}  // namespace pons::mapping

template <>
struct std::is_error_code_enum<pons::mapping::errc> : std::true_type {
};
