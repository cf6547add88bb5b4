#pragma once

#include "mapping/result.hpp"

#include <openssl/ssl.h>

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

/// "TLS: the archive's certificate has expired", with errc::unauthorized when it is about a certificate, timed_out,
/// cancelled, unsupported (settings), else unreachable. Without the detail, but for that of settings.
failure failure_of(trouble const& t);

/// A sentence without its full stop, and what to do about it. `host`: the one that was to be reached.
std::string sentence(trouble const& t);
std::string advice(trouble const& t, std::string const& host);

/// The same trouble with somebody who has called us: "its certificate has expired (on 2026-01-01 10:00 UTC)".
std::string sentence_about_caller(trouble const& t);

/// One handshake as seen from our side: what is needed to explain why it fails. It must live as long as `over` may
/// shake hands or read, and stay where it is.
class observer {
public:
    observer() = default;
    observer(observer const&) = delete;
    observer& operator=(observer const&) = delete;

    /// Asks for `host` (a name or an address): server name indication, and the name that the certificate must have.
    void watch(SSL* over, std::string const& host);
    /// The same where we are called: nothing is asked of names.
    void watch_caller(SSL* over);

    /// After an operation on `over` has failed for good, with OpenSSL's error (ERR_get_error, 0: the connection ended).
    trouble explain(SSL const* over, unsigned long error) const;

private:
    static int verified(int good, X509_STORE_CTX* chain);
    static int asked_for_certificate(SSL*, void* self);

    long verify_error_ = X509_V_OK;
    std::string detail_;
    bool certificate_asked_ = false;
};

}  // namespace pons::upstream::tls
