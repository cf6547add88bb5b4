#pragma once

#include "config/settings.hpp"

#include <tl/expected.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Who may call: `peers`, by AE title and address.
namespace pons::proxy::dimse {

/// The addresses that a host has, in their usual form; none: it is not known.
using resolve_host = std::function<std::vector<std::string>(std::string const& host)>;

/// By the system. Waits for it.
std::vector<std::string> resolve_by_system(std::string const& host);

/// Never changes; may be asked by any thread.
class callers {
public:
    /// Hosts that are names are resolved now, once; a name that is not known lets nobody in, which is told in the log.
    /// `settings` outlives it.
    /// `any`: who is none of the peers is let in as well.
    callers(config::settings const& settings, bool any, resolve_host const& resolve = resolve_by_system);

    /// The peer that calls, or null where `any` lets in who is none. The error says why it is not let in,
    /// and what an administrator writes if it should be: for the log, with the title and the address, which are the
    /// caller's own words.
    tl::expected<config::peer const*, std::string> admit(std::string_view calling_ae, std::string_view address) const;

private:
    struct known {
        config::peer const* peer;
        std::vector<std::string> addresses;
    };

    bool any_;
    std::map<std::string, known, std::less<>> by_title_;
};

}  // namespace pons::proxy::dimse
