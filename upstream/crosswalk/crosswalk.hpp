#pragma once

#include "mapping/result.hpp"
#include "mapping/search/criteria.hpp"
#include "upstream/asio.hpp"

#include <string>
#include <vector>

/// From the EHR's Patient ids to the ids by which sources know the patient (DESIGN section 6).
namespace pons::upstream {

/// What is known of one patient: every id, the current ones and those from before a merge. Sorted, each once; perhaps
/// none.
struct known_patient {
    std::vector<mapping::search::issued_id> ids;

    friend bool operator==(known_patient const&, known_patient const&) = default;
};

struct crosswalk {
    virtual ~crosswalk() = default;

    /// The patient whom the EHR's FHIR server knows as Patient/`id`; `id` is a FHIR id (R4 §2.24.0.1).
    ///
    /// Errors, all of crosswalk_errc: unknown_patient (who can tell has said so), ambiguous_patient (the ids lead to
    /// more than one patient: never guessed), and unreachable, timed_out, refused, unauthorized, malformed, too_large,
    /// overloaded or unsupported where nobody could tell; `where` is a place without a value.
    /// Waits until `deadline` at most. Cancelling: terminal, code cancelled; a lookup that others wait for goes on.
    virtual awaitable<result<known_patient>> resolve(std::string id, time_point deadline) = 0;

    /// Whether it can be asked now, for readiness. Errors and the rest as `resolve`.
    virtual awaitable<result<void>> verify(time_point deadline) = 0;
};

/// Bounds of what one resolution may cost and bring; what goes beyond is crosswalk_errc::too_large.
inline constexpr std::size_t most_ids = 64;      ///< of one patient
inline constexpr std::size_t most_records = 16;  ///< Patient resources that links lead to, the first included

}  // namespace pons::upstream
