#include "upstream/tls/observer.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <string_view>

namespace pons::upstream::tls {

namespace {

int index_of_observer()
{
    static int const index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

bool is_address(std::string const& host)
{
    unsigned char any[16];
    return ::inet_pton(AF_INET, host.c_str(), any) == 1 || ::inet_pton(AF_INET6, host.c_str(), any) == 1;
}

/// A peer may write anything into its certificate.
std::string printable(std::string_view text)
{
    constexpr std::size_t longest = 80;
    std::string plain(text.substr(0, longest));
    std::ranges::replace_if(
        plain, [](unsigned char c) { return c <= ' ' || c > '~' || c == '"' || c == '\\'; }, '?');
    return plain;
}

std::string names_in(X509* certificate)
{
    constexpr int most = 5;
    std::string all;
    auto const add = [&](std::string const& name) { all += (all.empty() ? "" : ", ") + name; };
    using names = std::unique_ptr<GENERAL_NAMES, decltype([](GENERAL_NAMES* n) { GENERAL_NAMES_free(n); })>;
    names const list(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; list && i < std::min(sk_GENERAL_NAME_num(list.get()), most); ++i) {
        auto const* const name = sk_GENERAL_NAME_value(list.get(), i);
        auto const* const bytes = name->d.ia5;
        if (name->type == GEN_DNS)
            add(printable({reinterpret_cast<char const*>(ASN1_STRING_get0_data(bytes)),
                           static_cast<std::size_t>(ASN1_STRING_length(bytes))}));
        char text[INET6_ADDRSTRLEN];
        auto const size = name->type == GEN_IPADD ? ASN1_STRING_length(bytes) : 0;
        if ((size == 4 || size == 16) &&
            ::inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(bytes), text, sizeof text))
            add(text);
    }
    char common_name[128] = "";
    if (all.empty() && X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, common_name,
                                                 sizeof common_name) > 0)
        add(printable(common_name));
    return all.empty() ? "it has no name" : "it is for " + all;
}

std::string date_of(ASN1_TIME const* time)
{
    tm parts{};
    char text[32] = "";
    if (ASN1_TIME_to_tm(time, &parts) == 1)
        std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts);
    return text;
}

problem problem_of(long verify_error)
{
    switch (verify_error) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return problem::expired;
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return problem::not_yet_valid;
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return problem::wrong_name;
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_CERT_UNTRUSTED:
            return problem::unknown_authority;
        default:
            return problem::bad_certificate;
    }
}

std::string about(problem what, long verify_error, X509* certificate)
{
    if (certificate && what == problem::wrong_name)
        return names_in(certificate);
    if (certificate && what == problem::expired)
        return "on " + date_of(X509_get0_notAfter(certificate));
    if (certificate && what == problem::not_yet_valid)
        return "it will be on " + date_of(X509_get0_notBefore(certificate));
    return X509_verify_cert_error_string(verify_error);
}

/// TLS alerts (RFC 8446 §6.2).
problem problem_of_alert(int alert, bool asked, bool have_one)
{
    switch (alert) {
        case SSL_AD_BAD_CERTIFICATE:
        case SSL_AD_UNSUPPORTED_CERTIFICATE:
        case SSL_AD_CERTIFICATE_REVOKED:
        case SSL_AD_CERTIFICATE_EXPIRED:
        case SSL_AD_CERTIFICATE_UNKNOWN:
        case SSL_AD_UNKNOWN_CA:
        case SSL_AD_ACCESS_DENIED:
        case SSL_AD_CERTIFICATE_REQUIRED:
            return have_one ? problem::certificate_refused : problem::certificate_wanted;
        case SSL_AD_HANDSHAKE_FAILURE:  // of TLS 1.2 also when a certificate is missing
            return asked && !have_one ? problem::certificate_wanted : problem::no_cipher;
        case SSL_AD_INSUFFICIENT_SECURITY:
            return problem::no_cipher;
        case SSL_AD_PROTOCOL_VERSION:
            return problem::old_version;
        case SSL_AD_UNRECOGNIZED_NAME:
            return problem::unknown_host;
        default:
            return problem::other;
    }
}

}  // namespace

int observer::verified(int good, X509_STORE_CTX* chain)
{
    auto const* const over =
        static_cast<SSL const*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* const self = over ? static_cast<observer*>(SSL_get_ex_data(over, index_of_observer())) : nullptr;
    if (!good && self) {
        self->verify_error_ = X509_STORE_CTX_get_error(chain);
        self->detail_ =
            about(problem_of(self->verify_error_), self->verify_error_, X509_STORE_CTX_get_current_cert(chain));
    }
    return good;
}

int observer::asked_for_certificate(SSL*, void* self)
{
    static_cast<observer*>(self)->certificate_asked_ = true;
    return 1;
}

void observer::watch_caller(SSL* over)
{
    SSL_set_ex_data(over, index_of_observer(), this);
    if (SSL_get_verify_mode(over) != SSL_VERIFY_NONE)
        SSL_set_verify(over, SSL_get_verify_mode(over), &observer::verified);
}

void observer::watch(SSL* over, std::string const& host)
{
    watch_caller(over);
    SSL_set_cert_cb(over, &observer::asked_for_certificate, this);
    auto* const check = SSL_get0_param(over);
    if (is_address(host)) {
        X509_VERIFY_PARAM_set1_ip_asc(check, host.c_str());
    } else {
        SSL_set_tlsext_host_name(over, host.c_str());
        X509_VERIFY_PARAM_set1_host(check, host.c_str(), host.size());
    }
}

trouble observer::explain(SSL const* over, unsigned long error) const
{
    if (verify_error_ != X509_V_OK)
        return {problem_of(verify_error_), detail_};
    bool const have_one = SSL_get_certificate(over) != nullptr;
    auto const reason = ERR_GET_REASON(error);
    if (error == 0 || ERR_GET_LIB(error) != ERR_LIB_SSL || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        // TLS 1.3 ends our handshake before the peer has looked at our certificate, and its alert may be lost with the
        // connection. Who does not like it does not part with close_notify, though.
        bool const parted_well = error == 0 && (SSL_get_shutdown(over) & SSL_RECEIVED_SHUTDOWN) != 0;
        if (certificate_asked_ && !(have_one && parted_well))
            return {have_one ? problem::certificate_refused : problem::certificate_wanted,
                    "it ended the connection where a certificate of ours was due"};
        return {problem::broken_off};
    }
    if (reason > SSL_AD_REASON_OFFSET) {
        auto const what = problem_of_alert(reason - SSL_AD_REASON_OFFSET, certificate_asked_, have_one);
        auto const* const words = ERR_reason_error_string(error);
        return {what, words && what == problem::other ? words : ""};
    }
    switch (reason) {
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_HTTP_REQUEST:
        case SSL_R_PACKET_LENGTH_TOO_LONG:
        case SSL_R_RECORD_LENGTH_MISMATCH:
            return {problem::no_tls};
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_UNSUPPORTED_SSL_VERSION:
        case SSL_R_WRONG_SSL_VERSION:
            return {problem::old_version};
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            return {problem::certificate_wanted};
        case SSL_R_NO_SHARED_CIPHER:
        case SSL_R_NO_CIPHERS_AVAILABLE:
        case SSL_R_WRONG_CIPHER_RETURNED:
        case SSL_R_DH_KEY_TOO_SMALL:
            return {problem::no_cipher};
        default:
            break;
    }
    auto const* const words = ERR_reason_error_string(error);
    return {problem::other, words ? words : ""};
}

}  // namespace pons::upstream::tls
