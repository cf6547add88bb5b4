#pragma once

#include "config/settings.hpp"
#include "mapping/result.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>

namespace pons::upstream::dicomweb {

/// What a client's TLS needs: TLS 1.2 at least, the certificates it trusts (`ca_file`, or the system's), its own
/// certificate if it has one, and whether the peer's is looked at. Used by one thread.
/// Errors: errc::unsupported, `where` names the setting ("tls.ca_file").
result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(config::tls const& tls);

}  // namespace pons::upstream::dicomweb
