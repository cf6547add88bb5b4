#pragma once

#include "mapping/result.hpp"
#include "upstream/dimse/wire/waiting.hpp"

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pons::upstream::dimse {

/// Where a TCP connection can go.
struct endpoint {
    sockaddr_storage address{};
    socklen_t size = 0;
};

/// "192.0.2.7", "2001:db8::7".
std::string to_text(endpoint const& e);

/// The address at which we stand on that connection, as `to_text`; the other side may see another one behind NAT.
std::string local_address(descriptor const& connected);

/// The address of the other side, in its usual form.
std::string peer_address(descriptor const& connected);

/// An address in the form in which two are compared: IPv4 within IPv6 is IPv4; what is no address stays as it is.
std::string usual_form(std::string_view address);

/// The addresses of `host`, a name or a number. Blocks the calling thread.
/// Errors: upstream::errc::unreachable (no such name, or no descriptor or thread left), timed_out, cancelled
/// (interrupted).
result<std::vector<endpoint>> resolve(std::string const& host, std::uint16_t port, patience const& how_long);

/// A non-blocking TCP connection to the first of `where_to` that accepts it, with TCP_NODELAY and keep-alive on.
/// Blocks the calling thread. Errors as `resolve`; unreachable: refused or no route.
result<descriptor> connect(std::vector<endpoint> const& where_to, patience const& how_long);

}  // namespace pons::upstream::dimse
