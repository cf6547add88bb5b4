#pragma once

#include <system_error>

namespace pons::upstream {

/// Why the crosswalk did not give a patient's ids.
enum class crosswalk_errc {
    unknown_patient = 1,  ///< it was asked, and does not know the patient
    ambiguous_patient,    ///< the ids lead to several patients, and no link says that they are one
    no_issuer,            ///< a source does not say whose patient ids it has
    unreachable,          ///< no connection, or HTTP 429 or 503
    unauthorized,         ///< HTTP 401 or 403, or a certificate was not accepted
    refused,              ///< another HTTP error
    malformed,            ///< what came is not the resource that was asked for
    too_large,            ///< more ids, records or bytes than one patient may have
    timed_out,
    overloaded,   ///< too many lookups wait
    cancelled,    ///< the one who asked has gone
    unsupported,  ///< its settings cannot be used
};

std::error_category const& crosswalk_category();

inline std::error_code make_error_code(crosswalk_errc code)
{
    return {static_cast<int>(code), crosswalk_category()};
}

}  // namespace pons::upstream

template <>
struct std::is_error_code_enum<pons::upstream::crosswalk_errc> : std::true_type {
};
