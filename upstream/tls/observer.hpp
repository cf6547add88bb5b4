#pragma once

#include "upstream/tls/trouble.hpp"

#include <openssl/ssl.h>

#include <string>

namespace pons::upstream::tls {

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
