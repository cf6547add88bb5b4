#pragma once

#include "mapping/result.hpp"

#include <string>
#include <string_view>

/// Why there is no TLS with an archive, in words that say which side changes what.
namespace pons::upstream::tls {

enum class problem {
    expired,              ///< its certificate
    not_yet_valid,        ///< its certificate
    wrong_name,           ///< its certificate is for another host
    unknown_authority,    ///< nobody whom we trust has signed it
    bad_certificate,      ///< everything else about it
    certificate_wanted,   ///< it wants ours, and we have none
    certificate_refused,  ///< it does not like ours
    no_tls,               ///< it says something that is no TLS
    old_version,          ///< nothing from TLS 1.2 on
    no_cipher,            ///< none that both sides allow
    unknown_host,         ///< it does not serve the name that we ask for (RFC 6066 §3)
    broken_off,           ///< it closes the connection
    silent,               ///< nothing came in time
    cancelled,            ///< the one who asked has gone
    settings,             ///< a file that tls names cannot be used; the detail says which
    other,
};

struct trouble {
    problem what = problem::other;
    std::string detail{};  ///< for the administrator only: the names in a certificate, its dates, what OpenSSL says
};

/// How the one is called whom we call.
struct party {
    std::string_view name = "the archive";
    std::string_view possessive = "the archive's";
};

/// Where the sentence has said already who it is.
inline constexpr party it{"it", "its"};

/// "TLS: the archive's certificate has expired", with errc::unauthorized when it is about a certificate, timed_out,
/// cancelled, unsupported (settings), else unreachable. Without the detail, but for that of settings.
failure failure_of(trouble const& t, party const& whom = {});

/// A sentence without its full stop, and what to do about it. `host`: the one that was to be reached.
std::string sentence(trouble const& t, party const& whom = {});
std::string advice(trouble const& t, std::string const& host);

/// The same trouble with somebody who has called us: "its certificate has expired (on 2026-01-01 10:00 UTC)".
std::string sentence_about_caller(trouble const& t);

}  // namespace pons::upstream::tls
