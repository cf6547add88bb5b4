#pragma once

#include "config/settings.hpp"
#include "upstream/archive.hpp"

#include <memory>

/// A DIMSE archive behind `upstream::archive`: C-FIND of the Study Root model and C-ECHO, on DCMTK.
namespace pons::upstream::dimse {

class association_pool;

/// The associations and the queue of a source: one pool for the process, shared by the archives of all workers
/// (thread-safe). When the last one lets go of it, what runs ends with errc::cancelled and its threads within a second.
std::shared_ptr<association_pool> make_pool(config::source const& source);

/// One for each worker thread: used on that worker's io_context only. `pool` belongs to the same `source`.
///
/// Errors of `find` and `verify`: unsupported (`tls.enabled`: DICOM TLS is not there yet), overloaded with retry_after
/// (queue full, or `limits.queue` or the deadline passed in it), unreachable, association_rejected (with retry_after
/// when the archive rejects for now, after some tries), timed_out, aborted, malformed, too_large (`limits.max_answer`),
/// too_broad (A700), refused (every other status but Success, also after rows), cancelled.
///
/// Cancelling (terminal) returns at once; the worker sends C-CANCEL, and aborts when the archive has not ended within
/// 500 ms. So does a passed deadline. Reaching `max_rows` (or `limits.max_rows`) is success, truncated when one more
/// came.
std::unique_ptr<archive> make_dimse_archive(config::source const& source, std::shared_ptr<association_pool> pool);

}  // namespace pons::upstream::dimse
