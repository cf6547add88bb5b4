#pragma once

#include "upstream/archive.hpp"
#include "upstream/dimse/delivery.hpp"
#include "upstream/dimse/wire/association.hpp"

#include <string>
#include <vector>

/// C-GET (PS3.7 §9.1.3, PS3.4 C.4.3).
namespace pons::upstream::dimse {

/// What one association fetches: its storage contexts, and the C-GETs that follow one another on it, or on several
/// alike where it may have no more of them (`limits.operations`).
struct get_step {
    std::vector<proposal> storage;  ///< at most `most_storage_contexts`
    /// Whole instances; or one with frames, of which an instance is made that has these only (PS3.4 Annex Y).
    std::vector<retrieve_request> requests;
    /// SOP Instance UIDs of the one request, to be sent without bulk data (PS3.4 Annex Z); none: whole instances.
    std::vector<std::string> without_bulk_data = {};
};

/// The steps of a whole retrieve.
using get_attempt = std::vector<get_step>;

/// A peer takes 128 presentation contexts (PS3.8 §9.3.2.2); one is for C-GET itself.
inline constexpr std::size_t most_storage_contexts = 127;

/// Fetches the steps of the first attempt one after another and hands on every instance as it comes, as stored: raw
/// PDVs behind a PS3.10 header, in whatever transfer syntax was negotiated. C-STORE-RSP Success leaves when the
/// instance has been handed on.
///
/// Each step has an association of its own, or one after the other; the worker's is released before, so that the source
/// never has more than its limit. Deadlines: `timeouts.first_response`, then `timeouts.between_responses`, which every
/// sub-operation and every response begins anew; the errand's deadline up to the first instance, `timeouts.transfer`
/// from there on.
///
/// Ends: success with the completed counters added up; incomplete when sub-operations failed (B000, a Failed counter,
/// A702 after instances, or an instance that could not be labelled); refused for other final statuses, with
/// retry_after where that may cure itself; aborted, malformed, timed_out. `another_way` when nothing came and the
/// archive did not accept C-GET, said that it does not know it (0122, 0211), could perform no sub-operation (A702), or
/// made none (not_found).
///
/// When an attempt brings nothing because sub-operations failed, the next one is made: some archives send everything in
/// the first context of a class that they accepted, and cannot convert to it.
///
/// A receiver who is gone or stalls: between instances C-CANCEL, A700 for what still comes, and at most 500 ms for the
/// final response; within an instance A-ABORT.
class get_errand final : public delivery {
public:
    get_errand(executor home, time_point deadline, std::vector<get_attempt> attempts,
               std::chrono::milliseconds stall = stall_budget)
        : delivery(std::move(home), deadline, stall), attempts_(std::move(attempts))
    {
    }

    void work(workbench& at) override;

private:
    std::vector<get_attempt> const attempts_;
};

}  // namespace pons::upstream::dimse
