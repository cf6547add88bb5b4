#pragma once

#include "mapping/dicom_stream.hpp"
#include "mapping/storage_commitment.hpp"
#include "proxy/dimse/bridge.hpp"
#include "proxy/dimse/operation.hpp"
#include "proxy/dimse/outbox.hpp"
#include "proxy/dimse/stored_places.hpp"
#include "upstream/dimse/wire/waiting.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace pons::proxy::dimse {

/// A request for storage commitment that was understood and accepted, and whom to tell.
struct commitment_order {
    mapping::storage_commitment what;
    caller who;
    std::string source;                ///< that is to keep them; empty: none
    std::weak_ptr<outbox> over;        ///< the association that it came on
    std::uint8_t context = 0;          ///< there
    mapping::encoding as{};            ///< there
    std::chrono::milliseconds time{};  ///< until it is settled
    std::uint32_t most_queries = 0;
};

/// What a desk takes on, and how it goes about it.
struct commitment_bounds {
    std::size_t orders = 256;                ///< at once
    unsigned workers = 16;                   ///< threads, of which each has one order in hand
    std::chrono::milliseconds call{30'000};  ///< for telling a peer on an association of its own
    /// Before each attempt to do so, or to settle it where the system was out of resources.
    std::vector<std::chrono::milliseconds> pauses{std::chrono::seconds(0), std::chrono::seconds(10),
                                                  std::chrono::minutes(1), std::chrono::minutes(5)};
};

/// Settles requests for storage commitment and tells those who asked (PS3.4 Annex J), also after their association has
/// ended: on it while it is open, else, or when it does not answer Success there, on one that Pons opens to the peer's
/// entry in `peers`; if that fails, again after a while, some times. What it has not told when Pons stops nobody hears
/// of: a modality asks again.
///
/// By the source's `commitment`: what the archive itself says, what it lists (`look_up`), or 0112 for each; where the
/// archive cannot be had, 0110 for each.
///
/// Its functions are for any thread.
class commitment_desk : public std::enable_shared_from_this<commitment_desk> {
public:
    explicit commitment_desk(std::shared_ptr<stored_places const> places, commitment_bounds bounds = {});
    ~commitment_desk();  ///< as `stop`

    /// False: it has too many, stops, or has no thread. `settings` outlives it; the bridge ends it
    /// (`bridge::before_stop`).
    bool take(commitment_order order, config::settings const& settings, bridge& across);

    /// Ends what it does, and waits for that.
    void stop();

private:
    struct job;
    bool start_worker();
    void work();
    std::shared_ptr<job> next();
    bool settle(job& one);
    void report(std::shared_ptr<job> const& one);
    void try_again(std::shared_ptr<job> const& one, std::string_view why);
    void stumble(std::shared_ptr<job> const& one, bool of_shortage);
    void put_back(std::shared_ptr<job> const& one);
    void done(job const& one, std::string_view how);

    std::shared_ptr<stored_places const> const places_;
    commitment_bounds const bounds_;
    upstream::dimse::interruption stop_;
    std::mutex mutex_;
    std::condition_variable news_;
    std::vector<std::shared_ptr<job>> waiting_;  // with room for all orders: putting one back wants no memory
    std::size_t orders_ = 0;
    bool closing_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace pons::proxy::dimse
