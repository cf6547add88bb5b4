#pragma once

#include "proxy/dimse/counted_service.hpp"
#include "proxy/dimse/operation.hpp"
#include "proxy/dimse/outbox.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

namespace pons::proxy::dimse {

class callers;

/// What all associations are served by. Everything outlives them.
struct served_by {
    config::settings const& settings;
    bridge& across;
    dimse::callers const& callers;
    counted_services const& services;
    provider_bounds const& bounds;
    provider_times const& times;
};

/// One association, on its thread: takes its messages, gives each to the service whose it is, and says in between what
/// is to be said to the peer (`outbox`).
class serving {
public:
    /// `over` and `stop` outlive it.
    serving(served_by of, wire::accepted_association& over, wire::interruption& stop);

    /// Until it ends; a line in the log then.
    void run();

private:
    wire::patience within(std::chrono::milliseconds time) const { return {clock::now() + time, &stop_}; }
    std::string_view ending() const;
    bool take_message();
    bool send_notice();
    bool answers_notice(wire::message const& rsp);
    bool end(failure const& why);
    void end_notice(bool taken);
    bool dispatch(wire::message const& rq, wire::presentation_context const& context);
    bool serve(counted_service& by, operation& what);
    bool refuse(operation& what, std::uint16_t code, std::string_view comment = {});

    served_by const of_;
    wire::accepted_association& over_;
    wire::interruption& stop_;
    caller who_;
    std::vector<std::string_view> const sources_;
    std::vector<std::string_view> const worklists_;
    std::map<std::string_view, std::uint64_t> done_;
    std::shared_ptr<outbox> outbox_ = std::make_shared<outbox>();
    std::optional<notice> sent_;  // and not answered yet
    std::uint16_t last_id_ = 0;
    bool idle_ = false;
    std::error_code why_;  // it is of no more use
};

}  // namespace pons::proxy::dimse
