#pragma once

#include "upstream/archive.hpp"
#include "upstream/budget.hpp"
#include "upstream/dimse/delivery.hpp"
#include "upstream/dimse/move_registry.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

/// C-MOVE to ourselves (PS3.7 §9.1.4, PS3.4 C.4.2).
namespace pons::upstream::dimse {

/// How long instances may come after the final response, or after the last of them.
inline constexpr std::chrono::milliseconds move_grace = std::chrono::seconds(5);

struct move_order {
    retrieve_request what;
    std::vector<std::string> expected;  ///< SOP Instance UIDs, where they are known
    std::size_t instances = 0;          ///< how many there are, as the archive has said; 0: not known
    std::string transfer_syntax;        ///< to take where the archive leaves the choice to us; empty: the first offered
};

/// Asks the archive to send what is ordered to `store_ae` of the source, where the store provider gives it to this
/// errand, and watches both. The association for it is one of its own, with nothing but C-MOVE proposed; the worker's
/// is released before, so that the source never has more than its limit.
///
/// What ends it: the final response and as many instances as it counts, or all that were expected, or `grace` after the
/// last of both; all that were expected, without any final response; no response and no instance for
/// `timeouts.between_responses` (before the first: `timeouts.first_response`). Counters that are missing or zero never
/// end it. Deadlines beside these: the errand's up to the first instance, `timeouts.transfer` from there on.
///
/// Ends: success; not_found (no sub-operation); incomplete (B000, fewer than counted or expected); refused for other
/// statuses, `where` says what to do; unsupported (C-MOVE not accepted); aborted, malformed, timed_out; whatever
/// broke an instance. `another_way` when nothing has come, and C-GET may bring it. If the receiver is gone or stalls,
/// C-CANCEL is sent, its instances are refused from then on, and the final response has 500 ms to come.
class move_errand final : public delivery {
public:
    /// `turn`: from `move_registry::turns`, or none. It is given back when the work is done.
    move_errand(executor home, time_point deadline, move_order order, std::shared_ptr<move_registry> registry,
                permit turn, std::chrono::milliseconds stall = stall_budget,
                std::chrono::milliseconds grace = move_grace);

    void work(workbench& at) override;

    std::chrono::milliseconds grace() const { return grace_; }
    bool nobody_waits() const;

    /// What the archive offered on its associations to us; once it has ended.
    waiting_move::negotiated associations() const;
    void note(waiting_move::negotiated associations);

private:
    move_order const order_;
    std::shared_ptr<move_registry> const registry_;
    std::chrono::milliseconds const grace_;
    permit turn_;
    waiting_move::negotiated associations_;
};

}  // namespace pons::upstream::dimse
