#pragma once

#include "proxy/dimse/bridge.hpp"
#include "proxy/dimse/callers.hpp"
#include "proxy/dimse/counted_service.hpp"
#include "proxy/dimse/operation.hpp"
#include "proxy/dimse/tickets.hpp"
#include "upstream/dimse/wire/acceptor.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace pons::proxy::dimse {

/// What the acceptor calls for `dicom.ae_title` and each of `dicom.ae_titles`: negotiates by the table of services, and
/// gives each message to the one that serves it.
///
/// Who is not among `peers` is rejected: calling AE title not recognized, with a line in the log (one in ten seconds)
/// that says what to write if it should not be. Beyond `bounds.per_peer` it is rejected for now: local limit
/// exceeded. A peer that is silent for `times.idle` between messages, or for `times.silence` within one, is aborted.
///
/// A message that no service serves is read and answered with 0211 (unrecognized operation), one that comes in a
/// context of another with 0122 (SOP class not supported). A late C-CANCEL is nothing.
class provider final : public wire::association_service {
public:
    /// `settings` and `across` outlive it.
    provider(config::settings const& settings, bridge& across, std::vector<service> services,
             provider_bounds bounds = {}, provider_times times = {}, resolve_host const& resolve = resolve_by_system);
    ~provider() override;

    tl::expected<wire::associate_answer, wire::rejection> negotiate(wire::associate_request const& asked) override;
    void serve(wire::accepted_association& over, wire::interruption& stop) override;

    struct counters {
        std::atomic<std::uint64_t> not_admitted{0};  ///< calling AE title not recognized
        std::atomic<std::uint64_t> too_many{0};      ///< beyond bounds.per_peer
    };
    counters const& counts() const { return counts_; }

    counted_services const& services() const { return services_; }

private:
    wire::context_answer answer(wire::proposed_context const& asked, wire::associate_request const& of) const;
    void complain(std::string const& why);

    config::settings const& settings_;
    bridge& across_;
    counted_services services_;
    provider_bounds const bounds_;
    provider_times const times_;
    callers const callers_;
    std::shared_ptr<tickets> tickets_;
    counters counts_;

    std::mutex complaining_;
    time_point silent_until_{};
    std::uint64_t unsaid_ = 0;
};

}  // namespace pons::proxy::dimse
