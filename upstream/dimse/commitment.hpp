#pragma once

#include "config/settings.hpp"
#include "mapping/storage_commitment.hpp"
#include "upstream/asio.hpp"
#include "upstream/committing.hpp"
#include "upstream/dimse/association_pool.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>

/// Storage commitment as its SCU (PS3.4 Annex J): an archive is asked to keep instances, and says later what it keeps.
namespace pons::upstream::dimse {

class commit_errand;

/// What archives were asked for and have not answered. One for the process, since an archive may tell on an association
/// that it opens to us, at `store_ae`. Shared by all threads; locked briefly.
class commitment_registry {
public:
    /// N-EVENT-REPORT, from anybody: it counts for whoever waits for that transaction, whose UID nobody can guess.
    /// False: nobody does.
    bool report(mapping::storage_commitment const& told);

    /// Somebody waits for a report.
    bool is_waiting();

private:
    friend class commit_errand;
    void enter(std::string const& transaction_uid, std::weak_ptr<commit_errand> who);
    void leave(std::string const& transaction_uid);

    std::mutex mutex_;
    std::map<std::string, std::weak_ptr<commit_errand>> waiting_;
};

/// Asks `source` to keep instances, by N-ACTION on an association of its own that calls as `store_ae`, and waits for
/// its N-EVENT-REPORT: some seconds on that association, then at our acceptor, all in all until the deadline. Kept is
/// only what the archive lists as kept, with the SOP Class that was asked for (else 0119); what it does not mention is
/// a processing failure. One for each worker thread; `pool` belongs to the same `source`.
///
/// Errors: unsupported (it does not know storage commitment), refused (N-ACTION failed), timed_out (no word of it until
/// the deadline), and those of an association. Cancelling: the archive may still tell, which is not waited for.
std::shared_ptr<committing> make_committing(config::source const& source, std::shared_ptr<association_pool> pool,
                                            std::shared_ptr<commitment_registry> registry);

/// What is proposed for it, as `store_ae`: with Verification, so that who does not commit itself can say so without
/// rejecting the association.
association_request commitment_proposals(config::source const& source);

/// The response to an N-EVENT-REPORT-RQ (PS3.7 §10.3.1).
command_set event_response(command_set const& rq, std::uint16_t status);

}  // namespace pons::upstream::dimse
