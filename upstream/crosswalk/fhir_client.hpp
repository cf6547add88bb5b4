#pragma once

#include "config/settings.hpp"
#include "mapping/result.hpp"
#include "upstream/asio.hpp"
#include "upstream/budget.hpp"
#include "upstream/dicomweb/http_client.hpp"

#include <memory>
#include <optional>
#include <string>

/// The FHIR server that a crosswalk asks.
namespace pons::upstream {

/// How the crosswalk's server is spoken to, in the terms of a source: what the HTTP client knows.
config::source as_source(config::crosswalk const& settings);

/// One worker's way to the server. At most `crosswalk.connections` requests at once, all workers together: `shared` is
/// one object for all of them.
class fhir_client {
public:
    fhir_client(config::crosswalk const& settings, std::shared_ptr<budget> shared);

    /// GET `target` below the base, "/Patient/123". Nothing: 404 or 410 with what FHIR says then, an OperationOutcome
    /// (FHIR R4 §3.1.0.1.8); of what stands before a server, or is there instead of it, they are `refused`.
    ///
    /// Errors, of crosswalk_errc: unreachable (with retry_after where the server says so), unauthorized, refused,
    /// malformed, too_large, timed_out, overloaded, cancelled, unsupported; `where` is "crosswalk: " and a place.
    /// Cancelling: terminal; the connection is closed. To be run inside `cancelled_as_value`.
    awaitable<result<std::optional<std::string>>> get(std::string const& target, time_point deadline);

    /// Whether the server is there and lets us in: it shows its CapabilityStatement, of which no more is read than
    /// needs be. Errors and the rest as `get`; malformed: something else is there.
    awaitable<result<void>> verify(time_point deadline);

private:
    config::source const source_;
    std::shared_ptr<budget> const shared_;
    dicomweb::http_client client_;
};

}  // namespace pons::upstream
