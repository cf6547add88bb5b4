#pragma once

#include "config/settings.hpp"
#include "upstream/dimse/wire/association.hpp"

#include <string>
#include <vector>

/// Associations that Pons opens to those of `peers`.
namespace pons::proxy::dimse {

/// Name, TCP, TLS where `tls` of the peer says so, and A-ASSOCIATE as `our_ae`; again and again as long as the peer
/// rejects us for now, for 10 s. Blocks the calling thread, as `how_long` says. Why there is no TLS is told in the log,
/// with what the administrator has to know of certificates.
///
/// Errors: those of upstream::dimse::try_patiently, unauthorized (a certificate), unsupported (a file of `tls` cannot
/// be used); worded by `about_peer`.
result<upstream::dimse::association> open_to_peer(config::peer const& peer, std::string const& our_ae,
                                                  std::vector<upstream::dimse::proposal> contexts,
                                                  upstream::dimse::patience const& how_long);

/// The failure with words in place of `where` that say what the peer did, for an Error Comment: "it cannot be reached",
/// "rejected: called AE title not recognized".
failure about_peer(failure why);

}  // namespace pons::proxy::dimse
