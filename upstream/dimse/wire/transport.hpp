#pragma once

#include "config/settings.hpp"
#include "upstream/dimse/wire/tls_session.hpp"

#include <memory>

namespace pons::upstream::dimse {

/// A connection on which an association can begin: TCP, or TLS over it.
struct transport {
    descriptor socket;
    std::unique_ptr<tls_session> tls{};
};

/// The way from a connected socket to what associations of this source run over: the TLS handshake, with the name or
/// address in `host` and the certificates of `tls`, or nothing where `tls.enabled` is false. Blocks the calling thread.
tl::expected<transport, tls::trouble> secure(descriptor socket, config::source const& source, patience const& how_long);

}  // namespace pons::upstream::dimse
