#pragma once

#include "config/settings.hpp"
#include "mapping/codecs/zone.hpp"
#include "upstream/budget.hpp"
#include "upstream/diagnosis.hpp"
#include "upstream/worklist.hpp"

#include <memory>
#include <vector>

/// A FHIR server whose ServiceRequests are a modality worklist (decision 0024).
namespace pons::upstream::orders {

/// How it is spoken to, in the terms of a source: what the HTTP client and the guard know.
config::source as_source(config::order_server const& settings);

struct order_server : worklist {
    /// Whether the server is there and lets us in: it shows its CapabilityStatement. Errors and cancelling as `find`.
    virtual awaitable<result<void>> verify(time_point deadline) = 0;
};

/// One for each worker; `shared` are the connections of all of them. `zone` is that of the settings.
///
/// `find`: orders that can be scheduled, each as `mapping::orders::to_worklist_item` makes it, page after page until
/// the server has told all, at most `max_rows` of them, within `timeout`. Whom a page does not bring is asked for. An
/// order whose Patient cannot be had is left out, and told as incomplete; so is all that makes it doubtful that the
/// whole was had. Errors: those of the HTTP client; malformed, whose place names the element, for what is no such
/// answer.
std::shared_ptr<order_server> make_order_server(config::order_server const& settings, std::shared_ptr<budget> shared,
                                                mapping::codecs::zone zone);

/// Looks at a server step by step and says in plain words what was found: name, TCP, TLS, HTTP, a search of
/// ServiceRequests. Ends with the first stage that fails. Waits until `deadline` at most.
/// Cancelling: terminal; ends with a failed stage.
awaitable<std::vector<stage>> diagnose_orders(config::order_server const& settings, time_point deadline);

}  // namespace pons::upstream::orders
