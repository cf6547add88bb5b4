#pragma once

#include "config/settings.hpp"
#include "mapping/result.hpp"
#include "upstream/asio.hpp"

#include <list>
#include <string>

/// What everything that listens has in common.
namespace pons::upstream {

/// Binds every address that `where` names and listens there; port 0 is one port that the system chooses. At least one
/// when it is well. Waits for the resolver; meant for the start of the process.
///
/// Errors: those of the system, `where` of them is `key`, "http.listen". Addresses of a family that this host does not
/// speak are passed over while another can be bound.
result<std::list<tcp_acceptor>> listen_on(executor const& on, config::address const& where, char const* key);

/// Waits where connections cannot be accepted (file descriptors may be out), instead of trying as fast as it can, and
/// says so once in the log until it goes well again. For one executor.
class accept_pause {
public:
    /// `what` begins the line of the log: "connections".
    accept_pause(executor const& on, std::string what) : timer_(on), what_(std::move(what)) {}

    /// A tenth of a second, or until `stop`.
    awaitable<void> wait(boost::system::error_code const& why);
    void went_well() { told_ = false; }
    void stop() { timer_.cancel(); }

private:
    steady_timer timer_;
    std::string what_;
    bool told_ = false;
};

}  // namespace pons::upstream
