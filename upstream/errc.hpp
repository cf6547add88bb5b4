#pragma once

#include <system_error>

namespace pons::upstream {

/// Why an archive did not answer, whichever protocol it speaks.
enum class errc {
    unreachable = 1,       ///< name not found, connection refused, no route
    association_rejected,  ///< A-ASSOCIATE-RJ, or no presentation context accepted (PS3.8 §9.3.4)
    unauthorized,          ///< HTTP 401 or 403 from the archive, or its TLS peer was not accepted
    refused,               ///< a failure status or HTTP error: the archive understood and did not do it
    too_broad,             ///< A700, HTTP 413: the archive would have to answer too much
    aborted,               ///< the connection or association broke in mid-answer
    malformed,             ///< what came is not DICOM, DICOM JSON or HTTP
    too_large,             ///< an answer beyond the configured size, depth or element count
    timed_out,             ///< a deadline passed: connect, association, first or next response, or the whole
    overloaded,            ///< our own limit for the source is reached and its queue is full or too slow
    cancelled,             ///< the one who asked has gone
    unsupported,           ///< this source cannot do that
    not_found,             ///< the archive answered, and holds nothing of what was to be retrieved
    not_yet,               ///< the archive fetches it from slow storage; worth repeating after `retry_after`
    incomplete,            ///< a retrieve or an answer ended with something missing
    closed,                ///< it may not be asked now: switched off, or outside its hours
    stalled,               ///< the one who receives did not take any bytes within the stall budget
};

std::error_category const& error_category();

inline std::error_code make_error_code(errc code)
{
    return {static_cast<int>(code), error_category()};
}

}  // namespace pons::upstream

template <>
struct std::is_error_code_enum<pons::upstream::errc> : std::true_type {
};
