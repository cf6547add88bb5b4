#pragma once

#include "config/draft.hpp"
#include "config/settings.hpp"

#include <string>
#include <string_view>

/// What can be wrong with the sections `tls` of the file.
namespace pons::config {

/// A certificate and its key go together; `section`: "sources.main-pacs.tls".
void check_key_pair(draft& d, std::string const& section);

/// A section about somebody whom we call, `whom`: "the archive". `unused`: why it has no effect, where TLS is not used;
/// empty: it is.
void check_called_tls(draft& d, tls const& settings, std::string const& section, std::string_view whom,
                      std::string_view unused);

/// The same where the scheme of `url` says whether TLS is used.
void check_web_tls(draft& d, tls const& settings, std::string const& section, std::string_view whom,
                   std::string_view url);

/// Those of a source, and what its C-MOVE has to do with `dicom.tls`. `path`: "sources.main-pacs.".
void check_source_tls(draft& d, source const& s, std::string const& path);

void check_peer_tls(draft& d, peer const& p, std::string const& path);

/// `dicom.listen` is open to others only by TLS that also tells who calls.
void check_dicom_listener(draft& d);

}  // namespace pons::config
