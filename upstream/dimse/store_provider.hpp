#pragma once

#include "upstream/dimse/commitment.hpp"
#include "upstream/dimse/move_registry.hpp"
#include "upstream/dimse/wire/acceptor.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

namespace pons::upstream::dimse {

/// How long the store provider waits.
struct store_provider_times {
    std::chrono::milliseconds idle{120'000};    ///< for the next message on an association
    std::chrono::milliseconds silence{30'000};  ///< for the next bytes of one that has begun
    std::chrono::milliseconds drain{500};       ///< for the rest of an instance that nobody wants
};

/// The Storage SCP (PS3.4 Annex B) at which our C-MOVEs are delivered: one for all `store_ae`, served by the acceptor.
/// It keeps nothing. An instance that belongs to a waiting C-MOVE goes on to that one as it comes, and Success is
/// answered when it has been handed on; every other one is read and refused with A700. C-ECHO is answered.
///
/// An N-EVENT-REPORT of storage commitment goes to whoever waits for its transaction; one that nobody waits for is
/// answered with 0112 (no such SOP instance).
///
/// Accepted are all storage SOP Classes of the standard and every private abstract syntax. Of several transfer
/// syntaxes in one context: the one that the waiting C-MOVE prefers, else the first.
class store_provider final : public association_service {
public:
    /// `commitments`: null where no archive is asked for commitment; such contexts are then not accepted.
    explicit store_provider(std::shared_ptr<move_registry> registry, store_provider_times times = {},
                            std::shared_ptr<commitment_registry> commitments = nullptr);

    tl::expected<associate_answer, rejection> negotiate(associate_request const& asked) override;
    void serve(accepted_association& over, interruption& stop) override;
    /// An archive of ours has places of its own, and as many again for those who call by its title from where it is not
    /// known to stand: behind NAT or in a cluster that may be the archive itself, and anybody else. Whoever belongs to
    /// none is perhaps one by another AE title where a C-MOVE or a commitment waits; else it is a stranger. Neither
    /// takes places from the others.
    std::optional<places_apart> places_for(associate_request const& asked) override;

    struct counters {
        std::atomic<std::uint64_t> delivered{0};
        std::atomic<std::uint64_t> unexpected{0};   ///< refused: they belong to no waiting C-MOVE
        std::atomic<std::uint64_t> undelivered{0};  ///< refused: nobody listened any more, or took them in time
        std::atomic<std::uint64_t> broken{0};       ///< the association ended within an instance
    };
    counters const& counts() const { return counts_; }

private:
    class receiving;

    std::shared_ptr<move_registry> const registry_;
    std::shared_ptr<commitment_registry> const commitments_;
    store_provider_times const times_;
    counters counts_;
};

}  // namespace pons::upstream::dimse
