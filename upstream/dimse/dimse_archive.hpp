#pragma once

#include "config/settings.hpp"
#include "upstream/archive.hpp"

#include <functional>
#include <memory>

/// A DIMSE archive behind `upstream::archive`: C-FIND, C-GET and C-MOVE of the Study Root model, C-STORE and
/// C-ECHO, on DCMTK.
namespace pons::upstream::dimse {

class association_pool;
class move_registry;

/// The associations and the queue of a source: one pool for the process, shared by the archives of all workers
/// (thread-safe). When the last one lets go of it, what runs ends with errc::cancelled and its threads within a second.
/// `wanted`: whether associations may be kept that have nothing to do, asked on any thread.
std::shared_ptr<association_pool> make_pool(
    config::source const& source, std::function<bool()> wanted = [] { return true; });

/// One for each worker thread: used on that worker's io_context only. `pool` belongs to the same `source`.
///
/// Errors of `find` and `verify`: unsupported (a file of `tls` cannot be used), unauthorized (a certificate was not
/// accepted, theirs here or ours there), overloaded with retry_after (queue full, or `limits.queue` or the deadline
/// passed in it), unreachable (also: no TLS where `tls.enabled` says so), association_rejected (with retry_after
/// when the archive rejects for now, after some tries), timed_out, aborted, malformed, too_large (`limits.max_answer`),
/// too_broad (A700), refused (every other status but Success, also after rows), cancelled.
///
/// Cancelling (terminal) returns at once; the worker sends C-CANCEL, and aborts when the archive has not ended within
/// 500 ms, or an instance is on its way. So does a passed deadline. Reaching `max_rows` (or `limits.max_rows`) is
/// success, truncated when one more came.
///
/// `retrieve` first asks what there is (`look_into`), then goes the ways of `retrieve:` until one serves. Everything
/// that comes is handed on; nothing is counted against what was expected. Errors as above, and: not_found (the archive
/// has none of it), incomplete (some sub-operations failed, or it says that it holds instances and brings none),
/// stalled, what `parts` says. `deadline` bounds the time to the first instance, `timeouts.transfer` the rest.
///
/// `store`: see c_store.hpp for what becomes of each instance. Errors as above, and those of `instances`; `deadline`
/// bounds the time until the archive takes the first bytes.
/// `moves`: the C-MOVEs of the process, which its store provider knows too; without them there is no C-MOVE.
std::unique_ptr<archive> make_dimse_archive(config::source const& source, std::shared_ptr<association_pool> pool,
                                            std::shared_ptr<move_registry> moves = nullptr);

}  // namespace pons::upstream::dimse
