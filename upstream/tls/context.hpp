#pragma once

#include "config/settings.hpp"
#include "mapping/result.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>

namespace pons::upstream::tls {

/// What a client's TLS needs: TLS 1.2 at least with the ciphers of BCP 195 (RFC 9325 §4.2), the certificates it trusts
/// (`ca_file`, or the system's), its own certificate if it has one, and whether the peer's is looked at.
/// Errors: errc::unsupported, `where` names the setting ("tls.ca_file").
result<std::shared_ptr<boost::asio::ssl::context>> make_context(config::tls const& settings);

/// The same, made once for equal settings and again when one of the files has changed, so that a renewed certificate is
/// used from the next connection on. While changed files do not fit together (one is written before the other) the one
/// made before stays. Any thread; what it gives may be used by several at once, and is not to be changed.
result<std::shared_ptr<boost::asio::ssl::context>> shared_context(config::tls const& settings);

/// What a server's TLS needs: the same versions and ciphers, its certificate, and, where `ca_file` names authorities,
/// that a caller shows a certificate of theirs. Sessions are not resumed, so each caller shows it anew.
/// Errors: errc::unsupported, `where` names the setting ("tls.cert_file").
result<std::shared_ptr<boost::asio::ssl::context>> make_context(config::listener_tls const& settings);

/// As the other one.
result<std::shared_ptr<boost::asio::ssl::context>> shared_context(config::listener_tls const& settings);

}  // namespace pons::upstream::tls
