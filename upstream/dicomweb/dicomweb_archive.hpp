#pragma once

#include "config/settings.hpp"
#include "upstream/archive.hpp"
#include "upstream/asio.hpp"
#include "upstream/budget.hpp"
#include "upstream/diagnosis.hpp"
#include "upstream/under_way.hpp"

#include <memory>
#include <vector>

namespace pons::upstream::dicomweb {

/// A source that speaks QIDO-RS, WADO-RS and STOW-RS (PS3.18 §10), for one worker: it keeps connections and a parser,
/// and is used, and destroyed, on that worker's thread, before its io_context goes. `shared` is made once per source;
/// it bounds the requests that run at once, each of which uses one connection at a time. `source` outlives the archive.
/// `ends`: what ends its connections, idle ones too, when the source is switched off; null: nothing does.
///
/// What `find` adds to `archive::find`: rows are given once per UID; a row below STUDY that lacks the UIDs of its
/// resource gets them; pages are asked for until the whole is had, or `truncated` says that it cannot be known. The
/// deadline is also bounded by `timeouts.total`, and the rows by `limits.max_rows`.
///
/// `retrieve`, `retrieve_metadata` and `store` hold a connection of the budget until they end; see `wado_client` and
/// `stow_client`.
///
/// HTTP statuses of a search: 401, 403 unauthorized; 413 too_broad; 429, 503 overloaded, with the server's Retry-After;
/// every other but 200, 204 and 206 refused, redirections too.
std::unique_ptr<archive> make_dicomweb_archive(config::source const& source, std::shared_ptr<budget> shared,
                                               std::shared_ptr<under_way> ends = nullptr);

/// Looks at a source step by step and says in plain words what was found: name, TCP, TLS, HTTP, QIDO find. Ends with
/// the first stage that fails. Waits until `deadline` at most.
/// Cancelling: terminal; ends with a failed stage.
awaitable<std::vector<stage>> diagnose_dicomweb(config::source const& source, time_point deadline);

}  // namespace pons::upstream::dicomweb
